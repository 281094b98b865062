//! What raw SQL sees and changes in the role of the application.

use diesel::{
    Connection, PgConnection, QueryResult, RunQueryDsl, connection::SimpleConnection, dsl::sql,
    select, sql_query, sql_types::BigInt,
};
use guildhall_persistence::testing::TestDatabase;

use crate::scene::{id, scene};

const TABLES: [(&str, &str); 5] = [
    ("organizations", "id"),
    ("memberships", "organization_id"),
    ("workspaces", "organization_id"),
    ("audit_events", "organization_id"),
    ("invitations", "organization_id"),
];

/// A connection in the role of the application.
struct Raw(PgConnection);

impl Raw {
    fn new(database: &TestDatabase) -> Self {
        let mut connection = PgConnection::establish(&database.url_text()).unwrap();
        connection.batch_execute("SET ROLE guildhall_application").unwrap();
        Self(connection)
    }

    fn see_as(&mut self, actor: &str, organizations: &str) -> &mut Self {
        let settings = format!(
            "SET guildhall.actor = '{actor}'; SET guildhall.organizations = '{organizations}'"
        );
        self.0.batch_execute(&settings).unwrap();
        self
    }

    /// How many rows of an organization are seen in each of the tables.
    fn seen(&mut self, organization: u32) -> [i64; 5] {
        TABLES.map(|(table, column)| {
            let count =
                format!("(SELECT count(*) FROM {table} WHERE {column} = '{}')", id(organization));
            select(sql::<BigInt>(&count)).get_result(&mut self.0).unwrap()
        })
    }

    fn execute(&mut self, statement: &str) -> QueryResult<usize> {
        sql_query(statement).execute(&mut self.0)
    }

    /// Tries to change, remove and add rows of the organization with the number
    /// 2 as the user with the number 11.
    fn meddle(&mut self) {
        let victim = id(2);
        for (statement, table) in [
            (format!("UPDATE organizations SET name = 'x' WHERE id = '{victim}'"), "organizations"),
            (
                format!(
                    "UPDATE memberships SET role = 'member' WHERE organization_id = '{victim}'"
                ),
                "memberships",
            ),
            (
                format!("UPDATE workspaces SET name = 'x' WHERE organization_id = '{victim}'"),
                "workspaces",
            ),
            ("UPDATE audit_events SET action = 'x.y'".to_owned(), "audit_events"),
            (
                format!("UPDATE invitations SET role = 'owner' WHERE organization_id = '{victim}'"),
                "invitations",
            ),
            (format!("DELETE FROM invitations WHERE organization_id = '{victim}'"), "invitations"),
            (format!("DELETE FROM memberships WHERE organization_id = '{victim}'"), "memberships"),
            (format!("DELETE FROM workspaces WHERE organization_id = '{victim}'"), "workspaces"),
            ("DELETE FROM audit_events".to_owned(), "audit_events"),
            (format!("DELETE FROM organizations WHERE id = '{victim}'"), "organizations"),
        ] {
            assert_eq!(self.execute(&statement).unwrap(), 0, "{table}: {statement}");
        }
        for statement in [
            format!(
                "INSERT INTO memberships (organization_id, user_id, role, source, joined_at,
                     organization_created_at)
                 VALUES ('{victim}', '{}', 'owner', 'x', now(), now())",
                id(11)
            ),
            format!(
                "INSERT INTO workspaces (id, organization_id, name, description, status, created_at)
                 VALUES ('{}', '{victim}', 'x', '', 'running', now())", id(77)
            ),
            format!(
                "INSERT INTO audit_events (id, organization_id, actor_type, action, resource_type,
                     details, success, occurred_at)
                 VALUES ('{}', '{victim}', 'x', 'a.b', 'c', '{{}}', true, now())",
                id(77)
            ),
            format!(
                "INSERT INTO invitations (id, organization_id, email, email_key, role, status,
                     created_at, expires_at, version)
                 VALUES ('{}', '{victim}', 'x', 'x', 'owner', 'pending', now(), now(), 1)",
                id(77)
            ),
            format!(
                "INSERT INTO organizations (id, name, name_key, created_at, updated_at)
                 VALUES ('{}', 'x', 'x', now(), now())",
                id(77)
            ),
            format!("UPDATE workspaces SET organization_id = '{victim}' WHERE id = '{}'", id(1)),
        ] {
            match self.execute(&statement) {
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains("row-level security"), "{statement}: {error}");
                }
                // Where its own workspace may not be changed either.
                Ok(rows) => {
                    assert_eq!((rows, statement.contains("SET organization_id")), (0, true));
                }
            }
        }
    }
}

#[test]
fn without_a_setting_nothing_is_seen_or_changed() {
    let Some(database) = scene() else { return };
    let mut raw = Raw::new(&database);
    assert_eq!((raw.seen(1), raw.seen(2)), ([0; 5], [0; 5]));
    raw.meddle();
    // As the settings are after a transaction that made them for itself.
    raw.see_as("", "");
    assert_eq!((raw.seen(1), raw.seen(2)), ([0; 5], [0; 5]));
    raw.meddle();
}

#[test]
fn a_viewer_sees_what_is_theirs_and_changes_nothing() {
    let Some(database) = scene() else { return };
    let mut raw = Raw::new(&database);
    raw.see_as(&id(11).to_string(), "");
    assert_eq!(raw.seen(1), [1, 1, 1, 1, 0], "of the members, themselves");
    assert_eq!(raw.seen(2), [0; 5]);
    raw.meddle();
    let own = id(1);
    for (table, column) in TABLES {
        let delete = format!("DELETE FROM {table} WHERE {column} = '{own}'");
        assert_eq!(raw.execute(&delete).unwrap(), 0, "{table}");
    }
    raw.see_as(&id(99).to_string(), "");
    assert_eq!((raw.seen(1), raw.seen(2)), ([0; 5], [0; 5]), "nobody's");
}

#[test]
fn a_scope_is_one_organization() {
    let Some(database) = scene() else { return };
    let mut raw = Raw::new(&database);
    raw.see_as(&id(11).to_string(), &format!("{{{}}}", id(1)));
    assert_eq!((raw.seen(1), raw.seen(2)), ([1, 2, 1, 1, 1], [0; 5]));
    raw.meddle();
    let rename = format!("UPDATE workspaces SET name = 'x' WHERE organization_id = '{}'", id(1));
    assert_eq!(raw.execute(&rename).unwrap(), 1);
    raw.see_as(&id(11).to_string(), "{}");
    assert_eq!((raw.seen(1), raw.seen(2)), ([0; 5], [0; 5]), "an empty scope");
    raw.meddle();
}

#[test]
fn a_platform_admin_is_one_by_their_row() {
    let Some(database) = scene() else { return };
    let mut raw = Raw::new(&database);
    // Invitations are for those in whose scope they are.
    let everything = [1, 2, 1, 1, 0];
    raw.see_as(&id(30).to_string(), "");
    assert_eq!((raw.seen(1), raw.seen(2)), (everything, everything));
    raw.meddle();
    for change in ["status = 'deactivated'", "status = 'active', role = 'user'"] {
        database.execute(&format!("UPDATE users SET {change} WHERE id = '{}'", id(30)));
        assert_eq!((raw.seen(1), raw.seen(2)), ([0; 5], [0; 5]), "{change}");
    }
}

#[test]
fn the_installation_sees_everything_and_adds_to_the_trail() {
    let Some(database) = scene() else { return };
    let mut raw = Raw::new(&database);
    raw.see_as("system", "");
    assert_eq!((raw.seen(1), raw.seen(2)), ([1, 2, 1, 1, 1], [1, 2, 1, 1, 1]));
    assert_eq!(raw.execute("DELETE FROM audit_events").unwrap(), 0);
    let number = "UPDATE audit_events SET sequence = 1";
    assert_eq!(raw.execute(number).unwrap(), 3, "to number what had no number");
    for change in ["sequence = 2", "sequence = 0", "action = 'x.y'"] {
        let change = format!("UPDATE audit_events SET {change}");
        assert_eq!(raw.execute(&change).unwrap(), 0, "{change}");
    }
    raw.see_as(&id(11).to_string(), "");
    let addition = format!(
        "INSERT INTO audit_events (id, actor_type, action, resource_type, details, success,
             occurred_at) VALUES ('{}', 'x', 'a.b', 'c', '{{}}', true, now())",
        id(78)
    );
    assert_eq!(raw.execute(&addition).unwrap(), 1, "of no organization");
    for refused in ["SET ROLE guildhall", "CREATE TABLE x ()", "ALTER TABLE users ADD COLUMN x int"]
    {
        let outcome = raw.execute(refused);
        // The session is a superuser's, who may take any role on.
        assert_eq!(outcome.is_ok(), refused.starts_with("SET ROLE"), "{refused}");
        raw.0.batch_execute("SET ROLE guildhall_application").unwrap();
    }
}

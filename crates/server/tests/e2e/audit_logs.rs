//! The audit logs by HTTP: who reads what, by which filter, and what an export is
//! worth to those who verify it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use guildhall_application::ports::Store;
use guildhall_domain::{Action, AuditActor, AuditEvent, AuditEventId, Origin, Resource};
use guildhall_persistence::{Backend, DieselStore, StoreOptions};
use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Installation, PASSWORD, Server, until};

const VERIFIER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/verify_audit_log.py");

/// Whether an event is wanted.
type Choice<'a> = &'a dyn Fn(&Value) -> bool;

/// What is done to the lines of an export.
type Change<'a> = &'a dyn Fn(&mut Vec<String>);

/// An organization with an owner, an admin and a member, and what they did.
struct Acme {
    path: String,
    owner: String,
    admin: String,
    admin_id: String,
    member: String,
}

impl Acme {
    async fn new(server: &Server) -> Self {
        let owner = server.registered("ada@acme.com", Some("Acme")).await;
        let path = format!("/api/organizations/{}", server.first_organization(&owner).await);
        let admin = server.registered("bob@acme.com", Some("Acme")).await;
        let admin_id = server.user_id(&admin).await;
        let member = server.registered("carl@acme.com", Some("Acme")).await;
        let role = json!({ "role": "admin" });
        let promoted = format!("{path}/members/{admin_id}");
        assert_eq!(server.send("PUT", &promoted, &owner, Some(&role)).await.status(), 200);
        let acme = Self { path, owner, admin, admin_id, member };
        for number in 0..5 {
            acme.allocate(server, &acme.owner, &format!("=Desk \"{number}\"")).await;
        }
        acme.allocate(server, &acme.admin, "Room").await;
        acme
    }

    async fn allocate(&self, server: &Server, token: &str, name: &str) -> String {
        let path = format!("{}/workspaces", self.path);
        let answer = server.post_as(&path, token, &json!({ "name": name })).await;
        assert_eq!(answer.status(), 201);
        let workspace: Value = answer.json().await.unwrap();
        workspace["id"].as_str().unwrap().to_owned()
    }

    fn logs(&self, query: &str) -> String {
        format!("{}/audit-logs{query}", self.path)
    }

    /// The log as a file for the customer.
    async fn export(&self, server: &Server, accept: &str) -> String {
        let request = server.client().get(server.url(&self.logs("")));
        let answer = request.bearer_auth(&self.owner).header("accept", accept).send().await;
        answer.unwrap().text().await.unwrap()
    }
}

async fn events(server: &Server, path: &str, token: &str) -> Vec<Value> {
    server.json(path, token).await.as_array().unwrap().clone()
}

fn next(answer: &Response) -> Option<String> {
    let link = answer.headers().get("link")?.to_str().unwrap();
    let next = link.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<').unwrap();
    Some(rest.split_once('>').unwrap().0.to_owned())
}

#[tokio::test]
async fn every_filter_and_every_page() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let desk = acme.allocate(&server, &acme.owner, "Last").await;
        let all = events(&server, &acme.logs("?limit=100"), &acme.owner).await;
        // Those of one transaction have one time, and stand by id.
        let numbers: BTreeSet<_> =
            all.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        let whole: BTreeSet<_> = (1..=u64::try_from(all.len()).unwrap()).collect();
        assert_eq!(numbers, whole, "without a gap");
        assert!(all.is_sorted_by_key(|event| std::cmp::Reverse(event["timestamp"].to_string())));

        let moment = all[3]["timestamp"].as_str().unwrap();
        let at = |event: &Value| event["timestamp"].as_str().unwrap().to_owned();
        let wanted: [(String, Choice<'_>); 9] = [
            (format!("actor={}", acme.admin_id), &|event| event["actor"]["id"] == *acme.admin_id),
            ("action=workspaces.allocated".to_owned(), &|event| {
                event["action"] == "workspaces.allocated"
            }),
            (format!("resource={desk}"), &|event| event["resource"]["id"] == *desk),
            (format!("resource={}", acme.admin_id), &|event| {
                event["resource"]["id"] == *acme.admin_id
            }),
            (format!("since={moment}"), &|event| at(event).as_str() >= moment),
            (format!("until={moment}"), &|event| at(event).as_str() < moment),
            ("success=true".to_owned(), &|event| event["success"] == true),
            ("success=false".to_owned(), &|event| event["success"] == false),
            (format!("action=workspaces.allocated&actor={}", acme.admin_id), &|event| {
                event["action"] == "workspaces.allocated" && event["actor"]["id"] == *acme.admin_id
            }),
        ];
        for (query, is_wanted) in wanted {
            let path = acme.logs(&format!("?limit=100&{query}"));
            let found = events(&server, &path, &acme.owner).await;
            let expected: Vec<_> = all.iter().filter(|event| is_wanted(event)).cloned().collect();
            assert_eq!(found, expected, "{}: {query}", installation.backend);
        }

        let (mut url, mut paged) = (Some(acme.logs("?limit=3")), Vec::new());
        while let Some(page) = url {
            // What comes meanwhile moves no page.
            acme.allocate(&server, &acme.owner, "New").await;
            let request = server.client().get(server.url(&page)).bearer_auth(&acme.owner);
            let answer = request.send().await.unwrap();
            url = next(&answer);
            paged.extend(answer.json::<Vec<Value>>().await.unwrap());
        }
        assert_eq!(paged[1..], all, "{}", installation.backend);
    }
}

#[tokio::test]
async fn a_log_is_for_those_who_may_read_it() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let eve = server.registered("eve@evil.com", Some("Evil")).await;
        let root = server.logged_in("root@guildhall.example").await;
        server.log_in("nobody@acme.com", PASSWORD).await;
        for path in ["", "/checkpoints", "?limit=1"].map(|rest| acme.logs(rest)) {
            for (who, status) in [
                (&acme.owner, 200),
                (&acme.admin, 200),
                (&root, 200),
                (&acme.member, 403),
                (&eve, 404),
            ] {
                assert_eq!(server.get(&path, who).await.status(), status, "{path}");
            }
            for accept in ["application/x-ndjson", "text/csv"] {
                let request = server.client().get(server.url(&path)).bearer_auth(&acme.member);
                let answer = request.header("accept", accept).send().await.unwrap();
                assert_eq!(answer.status(), 403, "{path} as {accept}");
            }
        }
        let organizations = async |token: &str| {
            let events = events(&server, "/api/audit-logs?limit=100", token).await;
            let of = |event: &Value| event["organization_id"].as_str().map(str::to_owned);
            events.iter().map(of).collect::<BTreeSet<_>>()
        };
        let of_acme = Some(acme.path.replace("/api/organizations/", ""));
        assert_eq!(organizations(&acme.owner).await, [of_acme.clone()].into());
        assert_eq!(organizations(&acme.member).await, BTreeSet::new());
        let of_eve = organizations(&eve).await;
        assert!(of_eve.len() == 1 && !of_eve.contains(&of_acme) && !of_eve.contains(&None));
        assert_eq!(organizations(&root).await.len(), 3, "and the installation's");
        let refused = "/api/audit-logs?success=false";
        assert_eq!(events(&server, refused, &root).await.len(), 1);
        assert_eq!(events(&server, refused, &acme.owner).await.len(), 0);
        for (who, status) in [(&root, 200), (&acme.owner, 403)] {
            assert_eq!(server.get("/api/audit-logs/checkpoints", who).await.status(), status);
        }
    }
}

/// Verdicts of the command line and of the Python program.
fn verdicts(installation: &Installation, export: &Path, key: &str) -> [(Option<i32>, String); 2] {
    let file = export.to_str().unwrap();
    let own = installation.run(&["audit", "verify", "--file", file, "--key", key], "");
    let other = Command::new("python3").args([VERIFIER, "--key", key, file]).output().unwrap();
    let verdict = |output: Output| {
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().filter(|line| !line.starts_with("Signatures were not"));
        (output.status.code(), lines.collect::<Vec<_>>().join("\n"))
    };
    [verdict(own), verdict(other)]
}

fn write(installation: &Installation, lines: &[String]) -> PathBuf {
    let path = installation.folder().join("export.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

#[tokio::test]
async fn an_export_is_verified_by_two_programs_alike() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_AUDIT_CHECKPOINT_INTERVAL", "1");
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let size = events(&server, &acme.logs("?limit=100"), &acme.owner).await.len();
        let mut export = String::new();
        // Until there is a checkpoint over all of it.
        while !export.contains(&format!("\"size\":{size}}}")) {
            export = acme.export(&server, "application/x-ndjson").await;
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let lines: Vec<_> = export.lines().map(str::to_owned).collect();
        let first = lines.len() - size;
        let key = installation.run(&["audit", "key"], "").stdout;
        let key = String::from_utf8(key).unwrap();
        let verify = |lines: &[String]| {
            let [own, other] = verdicts(&installation, &write(&installation, lines), key.trim());
            assert_eq!(own, other, "{}: they agree", installation.backend);
            own
        };
        assert_eq!(verify(&lines).0, Some(0));
        let replaced = |lines: &mut Vec<String>, at: usize, from: &str, to: &str| {
            let changed = lines[first + at].replacen(from, to, 1);
            assert_ne!(changed, lines[first + at]);
            lines[first + at] = changed;
        };
        let tampered: [(&str, Change<'_>); 8] = [
            ("entry 3 ", &|lines| replaced(lines, 2, "\"success\":true", "\"success\":false")),
            ("entry 3 ", &|lines| replaced(lines, 2, "\"details\":{", "\"details\":{\"x\":\"ü\",")),
            ("entry 4 ", &|lines| drop(lines.remove(first + 2))),
            ("entry 5 ", &|lines| lines.swap(first + 3, first + 4)),
            ("entry 3 ", &|lines| lines.insert(first + 3, lines[first + 2].clone())),
            ("missing", &|lines| drop(lines.pop())),
            ("missing", &|lines| lines.truncate(first)),
            ("entry 2 ", &|lines| drop(lines.remove(first))),
        ];
        for (named, tamper) in tampered {
            let mut lines = lines.clone();
            tamper(&mut lines);
            let (code, said) = verify(&lines);
            assert_eq!((code, said.contains(named)), (Some(1), true), "{named}: {said}");
        }
    }
}

/// Events of long ago, in the installation's log.
async fn write_old_events(installation: &Installation, count: u128) {
    let store = DieselStore::open(installation.database.url(), StoreOptions::default()).unwrap();
    let long_ago = "2020-02-03T04:05:06Z".parse().unwrap();
    let event = |number| {
        let (id, origin) = (AuditEventId::new(Uuid::from_u128(number)), Origin::default());
        let (actor, resource) = (AuditActor::System, Resource::Installation);
        AuditEvent::new(id, actor, Action::LoginFailed, resource, &origin, long_ago)
    };
    let mut work = store.begin().await.unwrap();
    let events: Vec<_> = (0..count).map(event).collect();
    work.audit_log().append_all(&events).await.unwrap();
    work.commit().await.unwrap();
}

#[tokio::test]
async fn old_months_are_dropped_and_the_rest_is_proven() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_AUDIT_CHECKPOINT_INTERVAL", "1")
            .with("GUILDHALL_AUDIT_RETENTION_MONTHS", "1");
        write_old_events(&installation, 40).await;
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let is_dropped = || {
            let checkpoints = "select count(*) from audit_checkpoints where size > 40";
            let bases = "select count(*) from audit_bases";
            installation.database.number(bases) == 1
                && installation.database.number(checkpoints) > 0
        };
        until("the old months are dropped", is_dropped).await;
        let root = server.logged_in("root@guildhall.example").await;
        let shown = events(&server, "/api/audit-logs?until=2021-01-01T00:00:00Z", &root).await;
        assert_eq!(shown, Vec::<Value>::new(), "{}", installation.backend);
        assert!(!acme.export(&server, "application/x-ndjson").await.contains("\"base\""));
        drop(server);

        let said = installation.run(&["audit", "verify"], "");
        let said = (said.status.code(), String::from_utf8(said.stdout).unwrap());
        assert_eq!(said.0, Some(0), "{}: {}", installation.backend, said.1);
        assert!(said.1.contains("dropped before them, as is signed: 40."), "{}", said.1);
        let export = installation.run(&["audit", "export", "--log", "installation"], "").stdout;
        let lines: Vec<_> = String::from_utf8(export).unwrap().lines().map(str::to_owned).collect();
        assert!(lines[0].starts_with("{\"base\":"), "{}", lines[0]);
        let key = installation.run(&["audit", "key"], "").stdout;
        let key = String::from_utf8(key).unwrap();
        let verify = |lines: &[String]| {
            let [own, other] = verdicts(&installation, &write(&installation, lines), key.trim());
            assert_eq!(own, other, "{}: they agree", installation.backend);
            own
        };
        let (code, said) = verify(&lines);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("as is signed: 40."), "{said}");
        let checkpoint = lines.iter().position(|line| line.starts_with("{\"checkpoint\":"));
        let checkpoint = checkpoint.unwrap();
        let tampered: [(&str, Change<'_>); 4] = [
            ("from 1 on", &|lines| drop(lines.remove(0))),
            ("that they were dropped is said, but", &|lines| {
                lines[0] = lines[0].replace("\"size\":40", "\"size\":41");
            }),
            ("out of order", &|lines| lines.push(lines[0].clone())),
            ("the signature does not fit", &|lines| {
                lines[checkpoint] = lines[checkpoint].replace("\"at\":\"20", "\"at\":\"19");
            }),
        ];
        for (named, tamper) in tampered {
            let mut lines = lines.clone();
            tamper(&mut lines);
            let (code, said) = verify(&lines);
            assert_eq!((code, said.contains(named)), (Some(1), true), "{named}: {said}");
        }
    }
}

#[tokio::test]
async fn a_table_is_read_by_whoever_reads_tables() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let table = acme.export(&server, "text/csv").await;
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 16);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let all = events(&server, &acme.logs("?limit=100"), &acme.owner).await;
        let ids: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
        let expected: Vec<_> = all.iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{}", installation.backend);
        assert!(rows.iter().all(|row| !row.iter().any(|cell| cell.starts_with(['=', '+', '@']))));
    }
}

/// Their address, their name, where they came from and by what: in no table.
#[tokio::test]
async fn of_who_is_deleted_no_table_knows() {
    const PERSONAL: [&str; 4] = ["zwiebel", "Rotkraut", "198.51.100.77", "kohlrabi"];
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_HTTP_TRUSTED_PROXIES", "127.0.0.1/32");
        let server = installation.serve();
        let acme = Acme::new(&server).await;
        let send = async |method: &str, path: &str, token: &str, body: Value| {
            let request = server.client().request(method.parse().unwrap(), server.url(path));
            let request = request.header("x-forwarded-for", "198.51.100.77").bearer_auth(token);
            request.header("user-agent", "kohlrabi/1").json(&body).send().await.unwrap()
        };
        let (email, name) = ("zwiebel@acme.com", "Rosa Rotkraut");
        let body = json!({ "email": email, "password": PASSWORD, "name": name,
            "organization": "Acme" });
        let answer = send("POST", "/api/auth/register", "", body).await;
        let answer: Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let wrong = json!({ "email": email, "password": "not that one at all" });
        for _ in 0..3 {
            send("POST", "/api/auth/login", "", wrong.clone()).await;
        }
        let user = server.user_id(token).await;
        let role = json!({ "role": "admin" });
        let promoted = format!("{}/members/{user}", acme.path);
        assert_eq!(server.send("PUT", &promoted, &acme.owner, Some(&role)).await.status(), 200);
        for number in 0..200 {
            let body = json!({ "name": format!("Room {number}") });
            let answer = send("POST", &format!("{}/workspaces", acme.path), token, body).await;
            assert_eq!(answer.status(), 201);
        }
        let export = acme.export(&server, "application/x-ndjson").await;
        let opens = PERSONAL.map(|text| export.matches(text).count());
        assert!(opens[0] > 200 && opens[2] > 200 && opens[3] > 200, "{opens:?}");
        let path = format!("/api/users/{user}");
        assert_eq!(send("DELETE", &path, token, json!({})).await.status(), 204);

        for accept in ["application/x-ndjson", "text/csv"] {
            let export = acme.export(&server, accept).await;
            for text in PERSONAL {
                assert!(!export.contains(text), "{}: {text} in {accept}", installation.backend);
            }
        }
        drop(server);
        let said = installation.run(&["audit", "verify"], "");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
        match installation.backend {
            Backend::Sqlite => not_in_the_files(&installation, &PERSONAL),
            Backend::Postgres => not_in_the_tables(&installation, &PERSONAL),
        }
    }
}

fn not_in_the_files(installation: &Installation, personal: &[&str]) {
    let url = installation.database.url_text();
    let file = url.trim_start_matches("sqlite:").trim_start_matches("//");
    assert!(Path::new(file).exists(), "{file}");
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{file}{suffix}")).unwrap_or_default();
        for text in personal {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{text} in the database file{suffix}");
        }
    }
}

fn not_in_the_tables(installation: &Installation, personal: &[&str]) {
    let tables = "SELECT string_agg(table_name, ',') FROM information_schema.tables \
        WHERE table_schema = 'public'";
    let tables = installation.database.text(tables).unwrap();
    for table in tables.split(',') {
        for text in personal {
            let rows = format!("SELECT count(*) FROM {table} AS t WHERE t::text ILIKE '%{text}%'");
            assert_eq!(installation.database.number(&rows), 0, "{text} in {table}");
        }
    }
}

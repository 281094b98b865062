//! Migrating, and refusing what must not be opened.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::{fs, path::PathBuf, thread};

use guildhall_persistence::{
    Backend, DatabaseUrl, DieselStore, OpenError, StoreOptions, migrate, pending,
    testing::{TestDatabase, backends},
};

/// The names of the migrations in a tree.
fn tree(backend: Backend) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder(backend))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn folder(backend: Backend) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(backend.as_str())
}

fn open(database: &TestDatabase) -> Result<DieselStore, OpenError> {
    DieselStore::open(database.url(), StoreOptions::default())
}

#[test]
fn both_trees_name_the_same_migrations() {
    let names = tree(Backend::Sqlite);
    assert!(!names.is_empty());
    assert_eq!(names, tree(Backend::Postgres));
}

#[test]
fn migrating_twice_is_the_same_as_once() {
    for backend in backends() {
        let database = TestDatabase::empty(backend);
        let all = tree(backend);
        assert_eq!(pending(database.url()).unwrap(), all);
        assert!(
            matches!(open(&database), Err(OpenError::NotMigrated { pending, .. }) if pending == all)
        );
        let first = migrate(database.url()).unwrap();
        assert_eq!((&first.applied, first.total), (&all, all.len()));
        let second = migrate(database.url()).unwrap();
        assert_eq!((second.applied, second.total), (vec![], all.len()));
        assert_eq!(pending(database.url()).unwrap(), [""; 0]);
        open(&database).unwrap();
    }
}

#[test]
fn asking_what_is_pending_leaves_no_file() {
    let database = TestDatabase::empty(Backend::Sqlite);
    pending(database.url()).unwrap();
    assert!(open(&database).is_err());
    assert!(!database.url().sqlite_path().unwrap().exists());
}

#[test]
fn many_may_migrate_at_once() {
    for backend in backends() {
        let database = TestDatabase::empty(backend);
        let applied: usize = thread::scope(|scope| {
            let nodes: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| migrate(database.url()).unwrap().applied.len()))
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).sum()
        });
        assert_eq!(applied, tree(backend).len(), "each migration was run by one of them");
        assert_eq!(database.number("SELECT count(*) FROM installation"), 1);
    }
}

#[test]
fn every_migration_can_be_undone() {
    for backend in backends() {
        let database = TestDatabase::empty(backend);
        if backend == Backend::Sqlite {
            fs::write(database.url().sqlite_path().unwrap(), []).unwrap();
        }
        let schema = || {
            database.text(match backend {
                Backend::Sqlite => {
                    "SELECT group_concat(sql, x'0a') FROM (SELECT sql FROM sqlite_master ORDER BY name)"
                }
                Backend::Postgres => {
                    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
                        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable,
                            column_default) AS line
                            FROM information_schema.columns WHERE table_schema = 'public'
                        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
                        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
                            WHERE connamespace = 'public'::regnamespace
                        UNION ALL SELECT concat_ws(' ', tablename, policyname, cmd, qual, with_check)
                            FROM pg_policies WHERE schemaname = 'public'
                        UNION ALL SELECT concat_ws(' ', oid::regclass, relrowsecurity,
                            relforcerowsecurity,
                            coalesce(relacl::text, '') LIKE '%guildhall_application=%') FROM pg_class
                            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                    ) AS lines"
                }
            })
        };
        let sql = |name: &str, direction: &str| {
            fs::read_to_string(folder(backend).join(name).join(direction)).unwrap()
        };
        let mut before = Vec::new();
        for name in tree(backend) {
            before.push((name.clone(), schema()));
            database.execute(&sql(&name, "up.sql"));
            let is_for_the_other = name.ends_with(match backend {
                Backend::Sqlite => "row_level_security",
                Backend::Postgres => "sessions_by_token",
            });
            assert_eq!(schema() == before.last().unwrap().1, is_for_the_other, "{name}");
        }
        for (name, expected) in before.into_iter().rev() {
            database.execute(&sql(&name, "down.sql"));
            assert_eq!(schema(), expected, "{backend}: {name}");
        }
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        database
            .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231235959')");
        for refusal in [
            migrate(database.url()).unwrap_err(),
            pending(database.url()).unwrap_err(),
            open(&database).err().unwrap(),
        ] {
            assert!(matches!(refusal, OpenError::NewerSchema { .. }), "{refusal:?}");
            let sentence = refusal.to_string();
            assert!(
                sentence.contains("99991231235959") && sentence.contains("newer"),
                "{sentence}"
            );
        }
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for content in [&b"x"[..], b"This is no database.\n", &[0x89; 5000]] {
        let path = folder.path().join(format!("file{}", content.len()));
        fs::write(&path, content).unwrap();
        let url = DatabaseUrl::sqlite(&path);
        for refusal in [
            migrate(&url).unwrap_err(),
            pending(&url).unwrap_err(),
            DieselStore::open(&url, StoreOptions::default()).err().unwrap(),
        ] {
            assert!(matches!(refusal, OpenError::NotADatabase { .. }), "{refusal:?}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [folder.path().to_owned(), file.join("guildhall.db")] {
        let refusal = migrate(&DatabaseUrl::sqlite(&path)).unwrap_err();
        assert!(matches!(refusal, OpenError::Inaccessible { .. }), "{refusal:?}");
        assert!(refusal.to_string().contains(path.to_str().unwrap()));
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_is_readable_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/deep/guildhall.db");
    let url = DatabaseUrl::sqlite(&path);
    migrate(&url).unwrap();
    let _store = DieselStore::open(&url, StoreOptions::default()).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.clone()), 0o600);
    assert_eq!(mode(folder.path().join("new")), 0o700);
    assert_eq!(mode(folder.path().join("new/deep")), 0o700);
}

#[test]
fn an_unreachable_server_is_named_without_its_password() {
    for url in [
        "postgres://guildhall:s3cret@127.0.0.1:1/guildhall",
        "postgres://guildhall:s3cret@127.0.0.1:port/guildhall",
        "postgres://guildhall@127.0.0.1:1/guildhall?password=s3cret",
        "postgres://guildhall:s3%63ret@[::1/guildhall",
        "postgres://guildhall:s3cret@127.0.0.1:1,127.0.0.1:2/guildhall?no_such_option=1",
    ] {
        let url: DatabaseUrl = url.parse().unwrap();
        for refusal in [
            migrate(&url).unwrap_err(),
            DieselStore::open(&url, StoreOptions::default()).err().unwrap(),
        ] {
            assert!(matches!(refusal, OpenError::Unreachable { .. }), "{refusal:?}");
            let sentence = format!("{refusal} {refusal:?}");
            assert!(sentence.contains("guildhall:***@") || sentence.contains("password=***"));
            assert!(!sentence.contains("s3cret") && !sentence.contains("s3%63ret"), "{sentence}");
        }
    }
}

//! The audit trail: read, exported, proven.

use std::collections::BTreeMap;

use guildhall_application::{
    PageRequest,
    ports::{AuditFilter, AuditRecord, AuditTrail},
};
use guildhall_audit_log::{Actor, Digest, Entry, Head, Line, LogId, Record, Reference, SigningKey};
use guildhall_domain::{Action, AuditEventId, Timestamp, UserRole};
use uuid::Uuid;

use crate::{
    scene::{ACME, ADMIN, MEMBER, OWNER, STRANGER, Scene, acme},
    support::{request, send, signed, signed_in_as},
};

fn log() -> LogId {
    LogId::Organization(acme().id.as_uuid())
}

/// An event of Acme Corporation behind another, with what was opened of it.
fn record(sequence: u64, previous: Digest) -> Record {
    let entry = Entry {
        action: "member.added".to_owned(),
        actor: Actor { id: Some(format!("user-{}", Uuid::from_u128(1))), kind: "user".to_owned() },
        details: BTreeMap::from([("role".to_owned(), "member".to_owned())]),
        id: format!("event-{}", Uuid::from_u128(sequence.into())),
        log: log(),
        occurred_at: "2026-01-15T10:00:00.123456Z".parse().unwrap(),
        previous,
        request_id: Some("request".to_owned()),
        resource: Reference { id: None, kind: "installation".to_owned() },
        sealed: Vec::new(),
        sequence,
        success: true,
        version: Entry::VERSION,
    };
    let opened = [("actor_email", "ada@acme.com"), ("user_agent", "=cmd"), ("email", "b@acme.com")];
    let opened = opened.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    Record { hash: entry.hash(), entry, opened }
}

fn records(count: u64) -> Vec<Record> {
    let mut previous = Head::empty(log()).hash;
    let next = |sequence| {
        let record = record(sequence, previous);
        previous = record.hash;
        record
    };
    (1..=count).map(next).collect()
}

fn shown(record: Record) -> AuditRecord {
    AuditRecord {
        id: AuditEventId::new(Uuid::from_u128(record.entry.sequence.into())),
        organization: Some(acme().id),
        sequence: record.entry.sequence,
        record,
    }
}

#[actix_web::test]
async fn events_are_shown_with_what_could_be_opened() {
    let mut scene = Scene::new(OWNER);
    let rows = records(1).into_iter().map(shown).collect();
    scene.ports.audit.expect_list().times(1).return_once(move |_, _, _| Ok(rows));
    let answer = scene.send(request("GET", &format!("{ACME}/audit-logs"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let event = &answer.json()[0];
    assert_eq!(event["id"], format!("event-{}", Uuid::from_u128(1)));
    assert_eq!(event["organization_id"], acme().id.to_string());
    assert_eq!(event["sequence"], 1);
    assert_eq!(event["actor"]["type"], "user");
    assert_eq!(event["actor"]["email"], "ada@acme.com");
    assert_eq!(event["details"], serde_json::json!({"role": "member", "email": "b@acme.com"}));
    assert_eq!((event["ip_address"].is_null(), &event["user_agent"]), (true, &"=cmd".into()));
    assert_eq!(event["timestamp"], "2026-01-15T10:00:00.123Z");
    assert_eq!(event["hash"].as_str().unwrap().len(), 64);
}

#[actix_web::test]
async fn filters_are_parsed_and_every_bad_one_is_named() {
    let mut scene = Scene::new(OWNER);
    let user = Uuid::from_u128(1);
    let wanted = AuditFilter {
        actor: Some(guildhall_domain::UserId::new(user)),
        action: Some(Action::MemberAdded),
        resource: Some(Uuid::from_u128(2)),
        since: Some("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()),
        until: Some("2026-02-01T00:00:00Z".parse::<Timestamp>().unwrap()),
        success: Some(true),
    };
    scene
        .ports
        .audit
        .expect_list()
        .withf(move |trail, filter, page| {
            matches!(trail, AuditTrail::Of(scope) if scope.organization() == acme().id)
                && *filter == wanted
                && *page == PageRequest { after: None, limit: 8 }
        })
        .times(1)
        .return_once(|_, _, _| Ok(Vec::new()));
    let query = format!(
        "actor=user-{user}&action=member.added&resource=ws-{}&since=2026-01-01T00:00:00Z\
         &until=2026-02-01T00:00:00.000Z&success=true&limit=7",
        Uuid::from_u128(2)
    );
    let answer = scene.send(request("GET", &format!("{ACME}/audit-logs?{query}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let bad = "actor=x&action=x&resource=x&since=x&until=0001-01-01T00:00:00Z&success=yes";
    let scene = Scene::new(OWNER);
    let answer = scene.send(request("GET", &format!("{ACME}/audit-logs?{bad}"))).await;
    answer.assert_problem(400, "invalid-query");
    let names: Vec<_> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["parameter"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["actor", "action", "resource", "since", "until", "success"]);
}

#[actix_web::test]
async fn the_trail_is_for_those_who_may_read_it() {
    for path in ["audit-logs", "audit-logs/checkpoints", "audit-logs/checkpoints/latest"] {
        for accept in ["application/json", "application/x-ndjson", "text/csv"] {
            let get =
                || request("GET", &format!("{ACME}/{path}")).insert_header(("accept", accept));
            Scene::new(STRANGER).send(get()).await.assert_problem(404, "not-found");
            Scene::new(MEMBER).send(get()).await.assert_problem(403, "forbidden");
        }
    }
    // The installation's own checkpoints are a platform admin's to see.
    let request = signed(request("GET", "/api/audit-logs/checkpoints"));
    let answer = send(signed_in_as(UserRole::User), request).await;
    answer.assert_problem(403, "forbidden");
}

#[actix_web::test]
async fn an_export_has_its_base_its_checkpoints_and_then_its_entries() {
    let mut scene = Scene::new(ADMIN);
    let (first, second) = (records(3), Vec::new());
    let head = first[1].hash;
    let at = "2026-01-15T10:00:00Z".parse().unwrap();
    let checkpoint = SigningKey::from_seed([1; 32]).sign(log(), 2, head, at);
    let base = SigningKey::from_seed([1; 32]).sign_base(log(), 1, first[0].hash, at);
    let checkpoints = vec![checkpoint.clone()];
    let audit = &mut scene.ports.audit;
    let stated = base.clone();
    audit.expect_base().times(1).return_once(move |_| Ok(Some(stated)));
    let mut pages = vec![Vec::new(), checkpoints];
    audit.expect_checkpoints().times(2).returning(move |_, _, _| Ok(pages.pop().unwrap()));
    let first = first[1..].to_vec();
    let mut batches = vec![second, first.clone()];
    audit.expect_in_order().times(2).returning(move |_, _, _| Ok(batches.pop().unwrap()));
    let get = request("GET", &format!("{ACME}/audit-logs"))
        .insert_header(("accept", "application/x-ndjson"));
    let answer = scene.send(get).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson; charset=utf-8"));
    let lines: Vec<_> =
        answer.body.lines().zip(1..).map(|(line, n)| Line::parse(line, n).unwrap()).collect();
    let entries = first.into_iter().map(|record| Line::Record(Box::new(record)));
    let head = [Line::Base { base }, Line::Checkpoint { checkpoint }];
    let expected: Vec<_> = head.into_iter().chain(entries).collect();
    assert_eq!(lines, expected);
}

#[actix_web::test]
async fn a_table_has_a_head_and_no_formulas() {
    let mut scene = Scene::new(OWNER);
    let rows = records(2).into_iter().map(shown).collect();
    scene.ports.audit.expect_list().times(1).return_once(move |_, _, _| Ok(rows));
    let get = request("GET", &format!("{ACME}/audit-logs")).insert_header(("accept", "text/csv"));
    let answer = scene.send(get).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<_> = answer.body.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.body);
    assert!(lines[0].starts_with("id,log,sequence,timestamp,"), "{}", lines[0]);
    assert!(lines[1].contains(",'=cmd,"), "{}", lines[1]);
}

#[actix_web::test]
async fn checkpoints_and_keys_are_shown_as_they_are_verified() {
    let key = SigningKey::from_seed([1; 32]);
    let at = "2026-01-15T10:00:00Z".parse().unwrap();
    let checkpoint = key.sign(log(), 2, Digest([7; 32]), at);
    let mut scene = Scene::new(OWNER);
    let kept = checkpoint.clone();
    scene.ports.audit.expect_last_checkpoint().return_once(move |_| Ok(Some(kept)));
    let path = format!("{ACME}/audit-logs/checkpoints/latest");
    let answer = scene.send(request("GET", &path)).await;
    let read: guildhall_audit_log::Checkpoint = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(read, checkpoint);
    assert_eq!(read.verify(&key.verifying_key()), Ok(()));

    let mut ports = guildhall_application::testing::TestPorts::default();
    ports.audit.expect_signing_keys().return_once(move || Ok(vec![key.verifying_key()]));
    let answer = send(ports, request("GET", "/api/audit-logs/keys")).await;
    assert_eq!(answer.status, 200, "anybody may check");
    let shown = &answer.json()[0];
    assert_eq!(shown["id"], checkpoint.key.to_string());
}

//! The test vectors of `docs/audit-log.md`: whoever writes another verifier has
//! these to hold on to.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::collections::BTreeMap;

use guildhall_audit_log::{
    Actor, Digest, Entry, ExportVerifier, Line, LogId, PersonalKey, Record, Reference, SealedBox,
    SigningKey, Subject,
};

const USER: &str = "5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11";
const ORGANIZATION: &str = "123e4567-e89b-42d3-a456-426614174000";

/// What the document shows, line by line.
const DOCUMENT: &str = include_str!("../../../docs/audit-log.md");

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

fn log() -> LogId {
    LogId::Organization(ORGANIZATION.parse().unwrap())
}

/// Two entries, the first with something personal.
fn records() -> [Record; 2] {
    let subject = Subject::of_user(USER.parse().unwrap());
    let personal = texts([("actor_email", "ada@acme.com"), ("ip_address", "192.0.2.1")]);
    let sealed = SealedBox::seal(subject, &PersonalKey::new([7; 32]), [9; 24], &personal);
    let first = Entry {
        action: "member.added".to_owned(),
        actor: Actor { id: Some(format!("user-{USER}")), kind: "user".to_owned() },
        details: texts([("note", "\"ü\"\n\u{1f}"), ("role", "owner")]),
        id: "event-00000000-0000-4000-8000-000000000001".to_owned(),
        log: log(),
        occurred_at: "2026-01-15T10:00:00.000001Z".parse().unwrap(),
        previous: Digest::genesis(log()),
        request_id: Some("request-1".to_owned()),
        resource: Reference { id: Some(format!("user-{USER}")), kind: "user".to_owned() },
        sealed: vec![sealed],
        sequence: 1,
        success: true,
        version: Entry::VERSION,
    };
    let second = Entry {
        action: "counters.repaired".to_owned(),
        actor: Actor { id: None, kind: "system".to_owned() },
        details: BTreeMap::new(),
        id: "event-00000000-0000-4000-8000-000000000002".to_owned(),
        previous: first.hash(),
        request_id: None,
        resource: Reference {
            id: Some(format!("org-{ORGANIZATION}")),
            kind: "organization".to_owned(),
        },
        sealed: Vec::new(),
        sequence: 2,
        ..first.clone()
    };
    [first, second].map(|entry| Record { hash: entry.hash(), entry, opened: BTreeMap::new() })
}

#[test]
fn the_document_shows_what_the_code_makes() {
    let records = records();
    let key = SigningKey::from_seed([1; 32]);
    let at = "2026-01-15T10:05:00Z".parse().unwrap();
    let checkpoint = key.sign(log(), 2, records[1].hash, at);
    let mut shown = vec![
        ("genesis of the installation", Digest::genesis(LogId::Installation).to_string()),
        ("genesis of the organization", Digest::genesis(log()).to_string()),
        ("subject of the user", format!("{:?}", Subject::of_user(USER.parse().unwrap()))),
        ("subject of the address", format!("{:?}", Subject::of_address("ada@acme.com"))),
        ("public key", key.verifying_key().to_string()),
        ("checkpoint", serde_json::to_string(&checkpoint).unwrap()),
        ("base", serde_json::to_string(&key.sign_base(log(), 1, records[0].hash, at)).unwrap()),
    ];
    for record in &records {
        shown.push(("entry", String::from_utf8(record.entry.canonical_bytes()).unwrap()));
        shown.push(("hash", record.hash.to_string()));
    }
    let missing: Vec<_> = shown.iter().filter(|(_, text)| !DOCUMENT.contains(text)).collect();
    assert!(missing.is_empty(), "docs/audit-log.md does not show: {missing:#?}");

    let mut verifier = ExportVerifier::new(vec![key.verifying_key()], vec![checkpoint]);
    for record in records {
        verifier.push(&Line::Record(Box::new(record)));
    }
    let summary = verifier.finish();
    assert_eq!((summary.findings, summary.entries), (Vec::new(), 2));
}

#[test]
fn what_the_document_shows_opens() {
    let [first, _] = records();
    let opened = first.entry.sealed[0].open(&PersonalKey::new([7; 32])).unwrap();
    assert_eq!(opened["actor_email"], "ada@acme.com");
}

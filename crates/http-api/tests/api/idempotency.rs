//! Requests that can be repeated safely.

use actix_web::test::TestRequest;
use guildhall_application::{
    idempotency::{Answer as KeptAnswer, RequestFingerprint},
    ports::{Addition, Claim},
};

use crate::{
    scene::{ACME, PLATFORM_ADMIN, Scene, json},
    support::Answer,
};

/// What creates something that can be asked for again, with a body for it.
fn creations() -> [(String, &'static str); 4] {
    [
        ("/api/organizations".to_owned(), r#"{"name":"New"}"#),
        (format!("{ACME}/workspaces"), r#"{"name":"New"}"#),
        (format!("{ACME}/invitations"), r#"{"email":"new@acme.com","role":"member"}"#),
        (format!("{ACME}/invitations"), r#"[{"email":"new@acme.com","role":"member"}]"#),
    ]
}

/// A scene in which everything can be created.
fn creating() -> Scene {
    let mut scene = Scene::new(PLATFORM_ADMIN);
    let work = &mut scene.work;
    work.memberships.expect_insert().returning(|_, _| Ok(Addition::Added));
    work.workspaces.expect_insert().returning(|_, _| Ok(Addition::Added));
    work.invitations.expect_already_invited().returning(|_, _, _| Ok(Vec::new()));
    work.invitations.expect_insert().returning(|_, _| Ok(()));
    work.mail_queue.expect_enqueue().returning(|_| Ok(()));
    scene
}

fn keyed(path: &str, body: &str) -> TestRequest {
    json("POST", path, body).insert_header(("Idempotency-Key", "key-1"))
}

#[actix_web::test]
async fn a_first_answer_is_given_and_kept() {
    for (path, body) in creations() {
        let mut scene = creating();
        let requests = &mut scene.work.answered_requests;
        requests
            .expect_claim()
            .times(1)
            .withf(|_, key, _, _, _| key.as_str() == "key-1")
            .returning(|_, _, _, _, _| Ok(Claim::First));
        let (sender, kept) = std::sync::mpsc::channel();
        requests.expect_keep().times(1).returning(move |_, _, answer| {
            sender.send(answer.clone()).unwrap();
            Ok(())
        });
        let answer = scene.send(keyed(&path, body)).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        assert_eq!(answer.header("idempotent-replayed"), None);
        let kept: KeptAnswer = kept.recv().unwrap();
        assert_eq!((kept.status, &kept.body), (answer.status.as_u16(), &answer.body), "{path}");
        for name in ["location", "etag", "quota-limit", "quota-used", "content-type"] {
            let of_kept = kept.headers.iter().find(|(known, _)| known == name);
            let of_kept = of_kept.map(|(_, value)| value.as_str());
            assert_eq!(of_kept, answer.header(name), "{path}: {name}");
        }
    }
}

/// The answer to a request whose key was claimed by the same or by another one.
async fn repeat(path: &str, body: &str, is_same: bool) -> Answer {
    let mut scene = creating();
    scene.work.answered_requests.expect_claim().returning(move |_, _, fingerprint, _, _| {
        let known = if is_same { *fingerprint } else { RequestFingerprint([0; 32]) };
        let answer = KeptAnswer {
            status: 201,
            headers: vec![
                ("location".to_owned(), "/api/things/1".to_owned()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: r#"{"id":"thing-1"}"#.to_owned(),
        };
        Ok(Claim::Answered(known, answer))
    });
    scene.send(keyed(path, body)).await
}

#[actix_web::test]
async fn a_repetition_is_answered_as_at_first() {
    for (path, body) in creations() {
        let answer = repeat(&path, body, true).await;
        assert_eq!(answer.status, 201, "{path}");
        assert_eq!(answer.body, r#"{"id":"thing-1"}"#);
        assert_eq!(answer.header("location"), Some("/api/things/1"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("idempotent-replayed"), Some("true"));
        assert!(answer.header("x-request-id").is_some());
    }
}

#[actix_web::test]
async fn a_key_is_for_one_request() {
    for (path, body) in creations() {
        let answer = repeat(&path, body, false).await;
        answer.assert_problem(422, "idempotency-key-reused");
    }
}

#[actix_web::test]
async fn what_is_no_key_is_refused_before_anything_is_done() {
    let (longest, longer) = ("k".repeat(255), "k".repeat(256));
    for (path, body) in creations() {
        for key in ["", "\"\"", "two words", longer.as_str()] {
            let request = json("POST", &path, body).insert_header(("Idempotency-Key", key));
            let answer = Scene::new(PLATFORM_ADMIN).send(request).await;
            answer.assert_problem(400, "invalid-idempotency-key");
        }
        let twice = keyed(&path, body).append_header(("Idempotency-Key", "key-2"));
        let answer = Scene::new(PLATFORM_ADMIN).send(twice).await;
        answer.assert_problem(400, "invalid-idempotency-key");
    }
    for key in [&longest, "\"key-1\"", "key-1"] {
        let mut scene = creating();
        let requests = &mut scene.work.answered_requests;
        requests.expect_claim().returning(|_, _, _, _, _| Ok(Claim::First));
        requests.expect_keep().returning(|_, _, _| Ok(()));
        let (path, body) = &creations()[0];
        let request = json("POST", path, body).insert_header(("Idempotency-Key", key.as_bytes()));
        assert_eq!(scene.send(request).await.status, 201, "{key}");
    }
}

#[actix_web::test]
async fn a_request_that_is_refused_keeps_nothing() {
    let (path, _) = &creations()[0];
    let answer = creating().send(keyed(path, r#"{"name":""}"#)).await;
    answer.assert_problem(422, "invalid-request");
    let mut scene = creating();
    scene.work.answered_requests.expect_claim().returning(|_, _, _, _, _| Ok(Claim::First));
    scene.organization.quotas.invitations = Some(0);
    let (path, body) = &creations()[2];
    scene.send(keyed(path, body)).await.assert_problem(409, "quota-exceeded");
}

//! How many requests one account may make.

use crate::support::{Installation, parts};

#[tokio::test]
async fn the_sixth_of_five_is_refused_and_says_until_when() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_RATE_LIMITS", "on")
            .with("GUILDHALL_HTTP_REQUESTS_PER_MINUTE", "5");
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        for left in (0..5).rev() {
            // What is not found counts like everything else.
            let path = if left == 2 { "/api/organizations/7" } else { "/api/organizations" };
            let answer = server.get(path, &ada).await;
            assert_ne!(answer.status(), 429);
            let told = answer.headers()["ratelimit"].to_str().unwrap();
            assert!(told.starts_with(&format!("\"actor\";r={left};t=")), "{told}");
            assert_eq!(answer.headers()["ratelimit-policy"], "\"actor\";q=5;w=60");
        }
        let refused = server.get("/api/organizations", &ada).await;
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=12).contains(&wait), "{wait}");
        assert!(refused.headers()["ratelimit"].to_str().unwrap().starts_with("\"actor\";r=0;t="));
        let (status, problem) = parts(refused).await;
        assert_eq!((status, &problem["type"]), (429, &"/problems/too-many-requests".into()));
        // Somebody else has their own share, and nobody needs one to ask who answers.
        let eve = server.registered("eve@evil.com", Some("Evil")).await;
        assert_eq!(server.get("/api/organizations", &eve).await.status(), 200);
        let public = server.get("/api", &ada).await;
        assert_eq!(public.status(), 200);
        assert!(!public.headers().contains_key("ratelimit"));
    }
}

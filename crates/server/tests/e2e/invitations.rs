//! Invitations, from the one who makes them to the one who takes them up.

use futures_util::future::join_all;
use guildhall_client::{
    Client, Error, InvitationStatus, NewInvitation, OrganizationId, OrganizationRole, Registration,
};

use crate::{
    mailbox::{mail_to, token_to},
    support::{Installation, PASSWORD, Server, parts},
};

/// The owner of Acme, signed in, and its id.
async fn acme(server: &Server) -> (Client, OrganizationId) {
    let owner = server.registered("ada@acme.com", Some("Acme")).await;
    let id = server.first_organization(&owner).await.into();
    (server.api(&owner), id)
}

fn member(email: &str) -> NewInvitation {
    NewInvitation::new(email, OrganizationRole::Member)
}

fn joining(email: &str, token: &str) -> Registration {
    let mut joining = Registration::new(email, PASSWORD, "Grace Hopper");
    joining.invitation = Some(token.into());
    joining
}

#[tokio::test]
async fn the_invited_register_with_the_token_of_their_mail() {
    for installation in Installation::on_each_backend() {
        let installation =
            installation.with("GUILDHALL_REGISTRATION", "invited").with("GUILDHALL_LOG", "trace");
        installation.create_admin("root@guildhall.example");
        let nodes = [installation.serve(), installation.serve()];
        let root = nodes[0].api(&nodes[0].logged_in("root@guildhall.example").await);
        let acme = guildhall_client::NewOrganization::new("Acme");
        let acme = root.organizations().create(&acme, None).await.unwrap().into_value();
        let acme = acme.id.clone();
        let path = format!("/api/organizations/{acme}/invitations");
        let root_token = nodes[0].logged_in("root@guildhall.example").await;
        let body = serde_json::json!({ "email": "Grace@Hopper.org", "role": "admin" });
        let made = nodes[0].post_as(&path, &root_token, &body).await;
        let (status, answer) = parts(made).await;
        assert_eq!(status, 201, "{answer}");

        let token = token_to(&installation, "Grace@Hopper.org", 1).await;
        let anybody = nodes[1].api("");
        let shown = anybody.invitation(token.as_str()).get().await.unwrap();
        assert_eq!((shown.organization.name.as_str(), shown.has_account), ("Acme", false));
        let other = anybody.auth().register(&joining("eve@evil.com", &token), None).await;
        assert_eq!(other.unwrap_err().kind(), Some("invitation-for-another"));
        let grace = anybody.auth().register(&joining("grace@hopper.org", &token), None).await;
        let grace = grace.unwrap();
        assert_eq!(grace.user.organization.as_deref(), Some("Acme"));
        let own = nodes[0].api(grace.access_token.expose());
        let me = own.user(&grace.user.id).get().await.unwrap();
        assert_eq!(me.email_verified, Some(true), "the mail has proven it");
        let again = anybody.auth().register(&joining("grace@hopper.org", &token), None).await;
        assert_eq!(again.unwrap_err().status(), Some(409));
        let again = anybody.invitation(token.as_str()).get().await;
        assert!(again.unwrap_err().is_not_found());

        // The token went to the mailbox and nowhere else.
        assert!(!answer.to_string().contains("gh_"), "{answer}");
        let list = parts(nodes[0].get(&path, &root_token).await).await.1;
        assert_eq!(list[0]["status"], "accepted");
        assert!(!list.to_string().contains("gh_"), "{list}");
        let secret = token.trim_start_matches("gh_");
        assert!(!installation.contents().contains(&secret.to_lowercase()));
        for node in &nodes {
            assert!(!node.log().contains(secret), "the token is in a log");
        }
    }
}

#[tokio::test]
async fn a_pending_invitation_is_stored_as_a_hash() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let (ada, acme) = acme(&server).await;
        ada.organization(&acme).invitations().create(&member("grace@h.org"), None).await.unwrap();
        let token = token_to(&installation, "grace@h.org", 1).await;
        let contents = installation.contents();
        assert!(contents.contains("grace@h.org"));
        assert!(!contents.contains(&token.trim_start_matches("gh_").to_lowercase()));
        let hashed = "select count(*) from invitations where length(token_hash) = 32";
        assert_eq!(installation.database.number(hashed), 1);
        assert_eq!(installation.database.number("select count(*) from mail_queue"), 0);
    }
}

#[tokio::test]
async fn an_account_accepts_what_is_for_its_address_alone() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let (ada, acme) = acme(&server).await;
        let bob = server.api(&server.registered("bob@b.com", Some("B")).await);
        let eve = server.api(&server.registered("eve@e.com", Some("E")).await);
        let of_acme = ada.organization(&acme).invitations();
        let made = of_acme.create(&member("bob@b.com"), None).await.unwrap();
        let again = of_acme.create(&member("BOB@b.com"), None).await.unwrap_err();
        assert_eq!(again.kind(), Some("already-invited"));
        let token = token_to(&installation, "bob@b.com", 1).await;
        let refused = eve.invitation(token.as_str()).accept().await.unwrap_err();
        assert_eq!(refused.kind(), Some("invitation-for-another"));
        assert!(bob.invitation(token.as_str()).get().await.unwrap().has_account);
        let accepted = bob.invitation(token.as_str()).accept().await.unwrap();
        assert_eq!(
            (accepted.organization.id, accepted.role),
            (acme.clone(), OrganizationRole::Member)
        );
        let of_acme = ada.organization(&acme).invitations();
        assert_eq!(of_acme.get(&made.id).await.unwrap().status, InvitationStatus::Accepted);
        let again = of_acme.create(&member("bob@b.com"), None).await.unwrap_err();
        assert_eq!(again.kind(), Some("already-member"));
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

/// What an unusable token is answered: to show, accept, decline and register.
async fn is_dead(someone: &Client, email: &str, token: &str) {
    let invitation = someone.invitation(token);
    let answers: [Result<(), Error>; 3] = [
        invitation.get().await.map(drop),
        invitation.accept().await.map(drop),
        invitation.decline().await,
    ];
    for answer in answers {
        assert!(answer.unwrap_err().is_not_found());
    }
    let refused = someone.auth().register(&joining(email, token), None).await.unwrap_err();
    assert_eq!(refused.problem().unwrap().errors[0].pointer.as_deref(), Some("/invitation"));
}

#[tokio::test]
async fn tokens_die_by_resending_revoking_declining_and_in_time() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let (ada, acme) = acme(&server).await;
        let bob = server.api(&server.registered("bob@b.com", Some("B")).await);
        let of_acme = ada.organization(&acme).invitations();
        let invitation = of_acme.create(&member("g@h.org"), None).await.unwrap();
        let first = token_to(&installation, "g@h.org", 1).await;
        of_acme.resend(&invitation.id).await.unwrap();
        let second = token_to(&installation, "g@h.org", 2).await;
        assert_ne!(first, second);
        is_dead(&bob, "g@h.org", &first).await;
        bob.invitation(second.as_str()).get().await.unwrap();

        of_acme.revoke(&invitation.id, None).await.unwrap();
        is_dead(&bob, "g@h.org", &second).await;
        let closed = of_acme.resend(&invitation.id).await.unwrap_err();
        assert_eq!(closed.kind(), Some("invitation-closed"));

        of_acme.create(&member("g@h.org"), None).await.unwrap();
        let third = token_to(&installation, "g@h.org", 3).await;
        server.api("").invitation(third.as_str()).decline().await.unwrap();
        is_dead(&bob, "g@h.org", &third).await;

        let invitation = of_acme.create(&member("g@h.org"), None).await.unwrap();
        let fourth = token_to(&installation, "g@h.org", 4).await;
        installation.database.execute("update invitations set expires_at = created_at");
        is_dead(&bob, "g@h.org", &fourth).await;
        let expired = of_acme.get(&invitation.id).await.unwrap();
        assert_eq!(expired.status, InvitationStatus::Expired);
        of_acme.resend(&invitation.id).await.unwrap();
        let fifth = token_to(&installation, "g@h.org", 5).await;
        is_dead(&bob, "g@h.org", &fourth).await;
        server.api("").auth().register(&joining("g@h.org", &fifth), None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_accept_at_once_one_does() {
    for installation in Installation::on_each_backend() {
        let nodes = [installation.serve(), installation.serve()];
        let (ada, acme) = acme(&nodes[0]).await;
        let bob = nodes[0].registered("bob@b.com", Some("B")).await;
        let of_acme = ada.organization(&acme).invitations();
        of_acme.create(&member("bob@b.com"), None).await.unwrap();
        let token = token_to(&installation, "bob@b.com", 1).await;
        let accepts = (0..20).map(|n| {
            let (client, token) = (nodes[n % 2].api(&bob), token.clone());
            async move { client.invitation(token.as_str()).accept().await }
        });
        let results = join_all(accepts).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.into_iter().filter_map(Result::err).all(|error| error.is_not_found()));
        let count =
            |table: &str| installation.database.number(&format!("select count(*) from {table}"));
        assert_eq!(count("memberships"), 3);
        assert_eq!(count("audit_events where action = 'invitation.accepted'"), 1);
        assert_eq!(mail_to(&installation, "bob@b.com").len(), 1);
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

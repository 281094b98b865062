//! Registering by an invitation, and the proof of the address.

use guildhall_domain::{Invitation, InvitationStatus, OrganizationStatus, Quota, quota};

use super::*;
use crate::{
    ports::{MailSubject, MockMailQueue},
    testing::invitation,
};

fn acme() -> Organization {
    organization(7, "Acme", None)
}

/// To Ada, in another spelling of her address, for a week from the epoch.
fn made() -> Invitation {
    invitation(9, "ADA@acme.com", OrganizationRole::Admin)
}

fn by_invitation() -> RegisterCommand {
    RegisterCommand { entrance: Entrance::Invitation("invitation".to_owned()), ..command(None) }
}

fn ports_of(mode: RegistrationMode) -> TestPorts {
    let mut ports = ports();
    ports.settings.registration = mode;
    let hash = |token: &str| (token == "invitation").then(|| token_hash(9));
    ports.tokens.expect_hash().returning(hash);
    ports
}

/// A unit of work in which the token leads to that.
fn leading(organization: Organization, invitation: Option<Invitation>) -> Repositories {
    let mut repositories = inserting();
    repositories
        .invitations
        .expect_organization_of()
        .withf(|token| *token == token_hash(9))
        .times(1)
        .return_once(|_| Ok(Some(acme().id)));
    repositories
        .organizations
        .expect_lock_for_entrant()
        .withf(|id| *id == acme().id)
        .times(1)
        .return_once(|_| Ok(Some(organization)));
    repositories.invitations.expect_find_by_token().times(1).return_once(|_, _| Ok(invitation));
    repositories
}

/// And in which that comes of the membership.
fn admitting(addition: Addition) -> Repositories {
    let mut repositories = leading(acme(), Some(made()));
    repositories
        .memberships
        .expect_insert()
        .withf(|scope, membership| {
            scope.organization() == acme().id
                && membership.role == OrganizationRole::Admin
                && membership.source == MembershipSource::Invitation
        })
        .times(1)
        .return_once(move |_, _| Ok(addition));
    repositories
}

/// And in which the account is verified, at home, and the invitation closed.
fn entering_by_invitation() -> Repositories {
    let mut repositories = admitting(Addition::Added);
    repositories
        .users
        .expect_update()
        .withf(|user| user.email_verified_at == Some(at(3600)))
        .times(1..)
        .returning(|_| Ok(()));
    repositories
        .invitations
        .expect_update()
        .withf(|_, closed| *closed == made().close(InvitationStatus::Accepted))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

#[tokio::test]
async fn an_invitation_opens_registration_in_every_mode() {
    for mode in [RegistrationMode::Open, RegistrationMode::Named, RegistrationMode::Invited] {
        let mut ports = ports_of(mode);
        // The invitation has proven the address: no mail is queued.
        ports.settings.email_verification = true;
        let store = FakeStore::with(entering_by_invitation());
        let (result, store) = register(ports, store, by_invitation()).await;
        let account = result.unwrap().account;
        assert_eq!(account.organization.as_deref(), Some("Acme"));
        assert_eq!(account.user.home, Some(acme().id));
        assert_eq!(account.user.email_verified_at, Some(at(3600)));
        let expected = [Action::UserRegistered, Action::InvitationAccepted, Action::MemberAdded];
        assert_eq!(store.committed(), [expected], "{mode:?}");
        for event in store.events() {
            assert_eq!(event.actor, AuditActor::user(&account.user), "{mode:?}");
        }
    }
}

#[tokio::test]
async fn an_invitation_for_another_address_lets_nobody_in() {
    let other = Invitation { email: "grace@acme.com".parse().unwrap(), ..made() };
    let store = FakeStore::with(leading(acme(), Some(other)));
    let (result, store) = register(ports_of(RegistrationMode::Open), store, by_invitation()).await;
    assert!(matches!(result, Err(Error::InvitationForAnother)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_dead_token_is_a_fault_of_its_field() {
    let expired = Invitation { expires_at: at(3600), ..made() };
    for dead in [None, Some(expired)] {
        let store = FakeStore::with(leading(acme(), dead));
        let ports = ports_of(RegistrationMode::Invited);
        let (result, store) = register(ports, store, by_invitation()).await;
        let Err(Error::Invalid(faults)) = result else { panic!("{result:?}") };
        assert_eq!(
            faults.iter().map(|fault| &fault.pointer[..]).collect::<Vec<_>>(),
            ["/invitation"]
        );
        assert!(store.committed().is_empty());
    }
    let entrance = Entrance::Invitation("nonsense".to_owned());
    let command = RegisterCommand { entrance, ..command(None) };
    let store = FakeStore::with(inserting());
    let (result, store) = register(ports_of(RegistrationMode::Invited), store, command).await;
    assert!(matches!(result, Err(Error::Invalid(_))));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn an_organization_that_takes_nobody_keeps_nothing() {
    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
    let store = FakeStore::with(leading(suspended, Some(made())));
    let (result, store) = register(ports_of(RegistrationMode::Open), store, by_invitation()).await;
    assert!(matches!(result, Err(Error::OrganizationSuspended)));
    assert!(store.committed().is_empty());

    let full = Quota { resource: quota::Resource::Users, limit: Some(5), used: 5 };
    let store = FakeStore::with(admitting(Addition::NoRoom(full)));
    let (result, store) = register(ports_of(RegistrationMode::Open), store, by_invitation()).await;
    assert!(matches!(result, Err(Error::QuotaExceeded(quota)) if quota == full));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_proof_of_the_address_is_asked_for_where_it_is_of_everybody() {
    for asked in [true, false] {
        let mut ports = ports();
        ports.settings.email_verification = asked;
        let mut repositories = founding();
        let mut queue = MockMailQueue::new();
        queue
            .expect_enqueue()
            .withf(|jobs| {
                let [job] = jobs else { return false };
                // The ids count up, and the user's is the first.
                let user = user(1000, "ada@acme.com", UserRole::User);
                job.subject == MailSubject::EmailVerification(user.id)
                    && (job.attempts, job.queued_at) == (0, at(3600))
            })
            .times(usize::from(asked))
            .returning(|_| Ok(()));
        repositories.mail_queue = queue;
        let store = FakeStore::with(repositories);
        let (result, store) = register(ports, store, command(Some("Acme"))).await;
        assert_eq!(result.unwrap().account.user.email_verified_at, None);
        assert_eq!(store.committed(), [FOUNDED]);
    }
}

#[test]
fn a_token_is_not_printed() {
    assert!(!format!("{:?}", by_invitation()).contains("\"invitation\""));
}

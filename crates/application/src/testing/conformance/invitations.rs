//! Invitations: what is kept of them, which can be accepted, and what their
//! tokens lead to; and always of one organization alone.

use std::{cell::Cell, collections::HashSet};

use guildhall_domain::{
    EmailAddress, Invitation, InvitationId, InvitationStatus, Organization,
    OrganizationRole::Owner, OrganizationStatus,
};

use super::{
    StoreUnderTest,
    management::change,
    paging::read_through,
    support::{EVERYTHING, at, id, invitation, organization, token, user},
};
use crate::{
    Scope,
    ports::{Invited, invitation_cursor},
};

use InvitationStatus::{Accepted, Declined, Expired, Pending, Revoked};

/// Two organizations, committed.
async fn organizations(store: &StoreUnderTest) -> (Organization, Organization) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    (acme, other)
}

/// Writes an invitation as it is now, and commits.
async fn update(store: &StoreUnderTest, scope: &Scope, invitation: &Invitation) {
    let mut work = store.begin().await;
    work.invitations().update(scope, invitation).await.unwrap();
    work.commit().await.unwrap();
}

async fn set_token(store: &StoreUnderTest, invitation: InvitationId, number: u8) {
    let mut work = store.begin().await;
    work.invitations().set_token(invitation, &token(number)).await.unwrap();
    work.commit().await.unwrap();
}

/// Whether the token leads to an invitation of the organization: to change it,
/// and to show it, which have to agree.
async fn leads(store: &StoreUnderTest, organization: &Organization, number: u8) -> bool {
    let scope = Scope::of_entrant(organization);
    let shown = store.invitations.by_token(&token(number)).await.unwrap();
    let mut work = store.begin().await;
    let found = work.invitations().find_by_token(&scope, &token(number)).await.unwrap();
    assert_eq!(shown.map(|details| details.invitation), found);
    let holder = work.invitations().organization_of(&token(number)).await.unwrap();
    assert_eq!(holder, found.as_ref().map(|found| found.organization));
    found.is_some()
}

/// Every field comes back as it was, by whatever way.
pub async fn invitations_survive(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let ada = user("ada@acme.com");
    store.add_users(std::slice::from_ref(&ada)).await;
    let full = Invitation {
        role: Owner,
        invited_by: Some(ada.id),
        expires_at: at(999_999),
        status: Declined,
        version: i64::MAX.cast_unsigned(),
        ..invitation(&acme, "Zoë.O'Brien+x@bücher.example", at(7))
    };
    let plain = invitation(&acme, "plain@acme.com", at(8));
    store.add_invitations(&acme, &[full.clone(), plain.clone()]).await;
    let scope = Scope::of_entrant(&acme);
    let mut work = store.begin().await;
    for original in [full, plain] {
        let expected = Some(original.clone());
        let found = work.invitations().find(&scope, original.id).await.unwrap();
        assert_eq!(found.unwrap().email.as_str(), original.email.as_str());
        assert_eq!(work.invitations().find(&scope, original.id).await.unwrap(), expected);
        assert_eq!(work.invitations().get(original.id).await.unwrap(), expected);
        assert_eq!(store.invitations.get(&scope, original.id).await.unwrap(), expected);
    }
    assert_eq!(work.invitations().find(&scope, id()).await.unwrap(), None);
    assert_eq!(work.invitations().get(id()).await.unwrap(), None);
    assert_eq!(store.invitations.get(&scope, id()).await.unwrap(), None);
}

/// Status, expiry and version; and nothing else, and of one alone.
pub async fn a_change_of_an_invitation_is_written(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let (one, other) =
        (invitation(&acme, "one@acme.com", at(0)), invitation(&acme, "other@acme.com", at(0)));
    store.add_invitations(&acme, &[one.clone(), other.clone()]).await;
    let scope = Scope::of_entrant(&acme);
    for (status, version) in [(Pending, 2_u32), (Accepted, 3), (Declined, 4), (Revoked, 5)] {
        let expires_at = at(80 + i64::from(version));
        let changed = Invitation { status, version: version.into(), expires_at, ..one.clone() };
        let meddling = Invitation {
            email: "eve@other.com".parse().unwrap(),
            role: Owner,
            created_at: at(77),
            ..changed.clone()
        };
        update(&store, &scope, &meddling).await;
        assert_eq!(store.invitations.get(&scope, one.id).await.unwrap(), Some(changed));
        assert_eq!(store.invitations.get(&scope, other.id).await.unwrap().as_ref(), Some(&other));
    }
}

/// Which one has expired is a matter of the moment: one that was closed never
/// has.
pub async fn invitations_are_listed_by_status(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let mut rows = Vec::new();
    for (number, status) in [Pending, Accepted, Declined, Revoked].into_iter().cycle().enumerate() {
        // Of each, one that ended before the moment, at it, and after it.
        if number == 12 {
            break;
        }
        let micros = i64::try_from(number).unwrap();
        let expires_at = at(99 + micros / 4);
        let made = invitation(&acme, &format!("user{number}@acme.com"), at(micros));
        rows.push(Invitation { status, expires_at, ..made });
    }
    store.add_invitations(&acme, &rows).await;
    rows.reverse();
    let (scope, now) = (Scope::of_entrant(&acme), at(100));
    let listed = store.invitations.list(&scope, None, now, EVERYTHING).await.unwrap();
    assert_eq!(listed, rows, "newest first");
    for (status, count) in [(Pending, 1), (Expired, 2), (Accepted, 3), (Declined, 3), (Revoked, 3)]
    {
        let listed = store.invitations.list(&scope, Some(status), now, EVERYTHING).await.unwrap();
        let expected: Vec<_> =
            rows.iter().filter(|row| row.status_at(now) == status).cloned().collect();
        assert_eq!(listed, expected, "{status:?}");
        assert_eq!(listed.len(), count, "{status:?}");
    }
}

/// While invitations are made and revoked between one page and the next.
pub async fn pages_of_invitations_are_complete(store: StoreUnderTest) {
    let (acme, other) = organizations(&store).await;
    let number = Cell::new(0_i64);
    let invite = async |count: usize| {
        let mut added = Vec::new();
        for _ in 0..count {
            number.set(number.get() + 1);
            let email = format!("user{}@acme.com", number.get());
            added.push(invitation(&acme, &email, at(number.get() % 4)));
            let elsewhere = invitation(&other, &email, at(number.get() % 4));
            store.add_invitations(&other, &[elsewhere]).await;
        }
        store.add_invitations(&acme, &added).await;
        added
    };
    let lasting: Vec<_> = invite(40).await.iter().map(|made| made.id.as_uuid()).collect();
    let mut passing = invite(20).await;
    let scope = Scope::of_entrant(&acme);
    read_through(
        &lasting,
        async |page| store.invitations.list(&scope, Some(Pending), at(9), page).await.unwrap(),
        invitation_cursor,
        async || {
            for revoked in passing.drain(..passing.len() / 2) {
                update(&store, &scope, &revoked.close(Revoked)).await;
            }
            passing.extend(invite(3).await);
        },
    )
    .await;
}

/// What has expired or was closed takes no place.
pub async fn open_invitations_are_counted(store: StoreUnderTest) {
    let (acme, other) = organizations(&store).await;
    let ending = |email: &str, micros| Invitation {
        expires_at: at(micros),
        ..invitation(&acme, email, at(0))
    };
    let closed = [Accepted, Declined, Revoked]
        .map(|status| ending(&format!("{}@acme.com", status.as_str()), 20).close(status));
    store.add_invitations(&acme, &closed).await;
    store.add_invitations(&acme, &[ending("a@acme.com", 10), ending("b@acme.com", 11)]).await;
    store.add_invitations(&other, &[invitation(&other, "a@acme.com", at(0))]).await;
    let scope = Scope::of_entrant(&acme);
    for (now, count) in [(9, 2), (10, 1), (11, 0)] {
        let mut work = store.begin().await;
        assert_eq!(work.invitations().count_open(&scope, at(now)).await.unwrap(), count);
        assert_eq!(store.invitations.count_open(&scope, at(now)).await.unwrap(), count);
    }
}

/// A member, or who has an invitation that can be accepted, in any spelling of
/// the address.
pub async fn who_need_not_be_invited_is_found(store: StoreUnderTest) {
    let (acme, other) = organizations(&store).await;
    let (ada, eve) = (user("Ada@acme.com"), user("eve@acme.com"));
    store.add_users(&[ada.clone(), eve.clone()]).await;
    store.add_members(&acme, &[(&ada, Owner)]).await;
    store.add_members(&other, &[(&eve, Owner)]).await;
    let open = invitation(&acme, "Straße@bücher.example", at(0));
    let expired = Invitation { expires_at: at(9), ..invitation(&acme, "late@acme.com", at(0)) };
    let revoked = invitation(&acme, "revoked@acme.com", at(0)).close(Revoked);
    store.add_invitations(&acme, &[open, expired, revoked]).await;
    store.add_invitations(&other, &[invitation(&other, "bob@acme.com", at(0))]).await;

    let wanted: Vec<EmailAddress> = [
        "ADA@ACME.com",
        "STRASSE@xn--bcher-kva.example",
        "late@acme.com",
        "revoked@acme.com",
        "bob@acme.com",
        "eve@acme.com",
        "nobody@acme.com",
    ]
    .map(|email| email.parse().unwrap())
    .into();
    let (member, pending) =
        (Invited::Member(wanted[0].clone()), Invited::Pending(wanted[1].clone()));
    let scope = Scope::of_entrant(&acme);
    let mut work = store.begin().await;
    let found = work.invitations().already_invited(&scope, &wanted, at(9)).await.unwrap();
    assert_eq!(found, [member, pending]);
    let found = work.invitations().already_invited(&scope, &wanted[2..], at(9)).await.unwrap();
    assert_eq!(found, []);
    assert_eq!(work.invitations().already_invited(&scope, &[], at(9)).await.unwrap(), []);
}

/// A thousand addresses, the most that one request has.
pub async fn many_are_invited_at_once(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let many: Vec<_> = (0..Invitation::MAX_AT_ONCE)
        .map(|number| invitation(&acme, &format!("user{number}@acme.com"), at(0)))
        .collect();
    store.add_invitations(&acme, &many).await;
    let scope = Scope::of_entrant(&acme);
    let emails: Vec<_> = many.iter().map(|made| made.email.clone()).collect();
    let mut work = store.begin().await;
    let found = work.invitations().already_invited(&scope, &emails, at(0)).await.unwrap();
    let found: HashSet<_> = found
        .into_iter()
        .map(|found| match found {
            Invited::Pending(email) | Invited::Member(email) => email.key().to_owned(),
        })
        .collect();
    assert_eq!(found.len(), many.len());
    let count = work.invitations().count_open(&scope, at(0)).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), many.len());
}

/// The last one that was set, until the invitation is closed.
pub async fn a_token_leads_to_its_invitation(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let scope = Scope::of_entrant(&acme);
    let made = invitation(&acme, "Grace@acme.com", at(0));
    let other = invitation(&acme, "other@acme.com", at(0));
    store.add_invitations(&acme, &[made.clone(), other.clone()]).await;
    assert!(!leads(&store, &acme, 1).await, "it has no token yet");
    set_token(&store, made.id, 1).await;
    set_token(&store, other.id, 9).await;
    for has_account in [false, true] {
        let details = store.invitations.by_token(&token(1)).await.unwrap().unwrap();
        assert_eq!(details.invitation, made);
        assert_eq!((&details.organization[..], details.has_account), ("Acme", has_account));
        if !has_account {
            store.add_users(&[user("GRACE@acme.com")]).await;
        }
    }

    set_token(&store, made.id, 2).await;
    assert!(!leads(&store, &acme, 1).await, "the former is dead");
    let renewed = Invitation { expires_at: at(99), version: 2, ..made };
    update(&store, &scope, &renewed).await;
    assert!(leads(&store, &acme, 2).await, "it outlives a renewal");

    for (number, status) in [(3, Accepted), (4, Declined), (5, Revoked)] {
        set_token(&store, renewed.id, number).await;
        assert!(leads(&store, &acme, number).await);
        update(&store, &scope, &renewed.clone().close(status)).await;
        assert!(!leads(&store, &acme, number).await, "{status:?}");
    }
    assert!(leads(&store, &acme, 9).await, "of the one alone");
}

/// Whoever holds a token sees nothing while the organization is suspended or
/// deleted, and again when it is back.
pub async fn a_token_shows_organizations_in_use(store: StoreUnderTest) {
    let (acme, _) = organizations(&store).await;
    let made = invitation(&acme, "grace@acme.com", at(0));
    store.add_invitations(&acme, std::slice::from_ref(&made)).await;
    set_token(&store, made.id, 1).await;
    let (suspended, gone) = (OrganizationStatus::Suspended, Some(at(9)));
    for (status, deleted_at, is_shown) in [
        (suspended, None, false),
        (OrganizationStatus::Active, gone, false),
        (suspended, gone, false),
        (OrganizationStatus::Active, None, true),
    ] {
        change(&store, &Organization { status, deleted_at, ..acme.clone() }).await;
        let found = store.invitations.by_token(&token(1)).await.unwrap();
        assert_eq!(found.is_some(), is_shown, "{status:?} {deleted_at:?}");
    }
}

/// Neither to see nor to change, in the scope of another organization.
pub async fn other_invitations_are_out_of_reach(store: StoreUnderTest) {
    let (acme, other) = organizations(&store).await;
    let made = invitation(&acme, "grace@acme.com", at(0));
    store.add_invitations(&acme, std::slice::from_ref(&made)).await;
    set_token(&store, made.id, 1).await;
    let scope = Scope::of_entrant(&other);
    update(&store, &scope, &made.clone().close(Revoked)).await;
    let mut work = store.begin().await;
    assert_eq!(work.invitations().find(&scope, made.id).await.unwrap(), None);
    assert_eq!(work.invitations().find_by_token(&scope, &token(1)).await.unwrap(), None);
    assert_eq!(work.invitations().count_open(&scope, at(0)).await.unwrap(), 0);
    let emails = [made.email.clone()];
    assert_eq!(work.invitations().already_invited(&scope, &emails, at(0)).await.unwrap(), []);
    drop(work);
    assert_eq!(store.invitations.get(&scope, made.id).await.unwrap(), None);
    assert_eq!(store.invitations.list(&scope, None, at(0), EVERYTHING).await.unwrap(), []);
    assert_eq!(store.invitations.count_open(&scope, at(0)).await.unwrap(), 0);

    let own = Scope::of_entrant(&acme);
    assert_eq!(store.invitations.get(&own, made.id).await.unwrap(), Some(made));
    assert!(leads(&store, &acme, 1).await, "it kept its token");
}

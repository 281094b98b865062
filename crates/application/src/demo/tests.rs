use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use guildhall_domain::{Session, SessionLifetimes};

use super::*;
use crate::{
    ports::{PasswordHash, StoreError, TokenHash},
    testing::{TestPorts, at, settings},
};

/// Everything that a run hands to the store, and hands out.
struct Run {
    batches: Vec<Batch>,
    sessions: Vec<DemoSession>,
    progress: Vec<DemoProgress>,
}

fn ports() -> TestPorts {
    let mut ports = TestPorts::default();
    ports.clock.0 = at(2_000_000_000);
    let hash = || PasswordHash::new("$hash".to_owned());
    ports.hasher.expect_hash().times(1).returning(move |_| Ok(hash()));
    ports
        .tokens
        .expect_encode()
        .returning(|bits| (AccessToken::new(format!("{bits:?}")), TokenHash::new(bits)));
    ports
}

async fn run(size: (u32, u32, u32), seed: u64) -> Run {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let (first, others) = (batches.clone(), batches.clone());
    let mut ports = ports();
    ports.bulk.expect_load_into_empty().times(1).returning(move |batch| {
        first.lock().unwrap().push(batch);
        Ok(true)
    });
    ports.bulk.expect_load().returning(move |batch| {
        others.lock().unwrap().push(batch);
        Ok(())
    });
    let (mut sessions, mut progress) = (Vec::new(), Vec::new());
    let fill = ports.into_use_cases().fill_with_demo_data;
    let filling = fill.execute(
        DemoSize::new(size.0, size.1, size.2).unwrap(),
        seed,
        |done| progress.push(done),
        |session| {
            sessions.push(session.clone());
            Ok::<_, Error>(())
        },
    );
    assert_eq!(filling.await.unwrap(), Filling::Filled);
    let batches = mem::take(&mut *batches.lock().unwrap());
    Run { batches, sessions, progress }
}

#[tokio::test]
async fn the_same_seed_makes_the_same() {
    let (one, same, other) =
        (run((50, 700, 900), 1).await, run((50, 700, 900), 1).await, run((50, 700, 900), 2).await);
    assert_eq!(one.batches, same.batches);
    assert_eq!(one.sessions, same.sessions);
    let ids = |run: &Run| run.sessions.iter().map(|session| session.user).collect::<HashSet<_>>();
    assert!(ids(&one).is_disjoint(&ids(&other)));
}

#[tokio::test]
async fn everything_refers_to_what_is_there() {
    let Run { batches, sessions, progress } = run((300, 9000, 9500), 3).await;
    let (mut organizations, mut users) = (HashMap::new(), HashMap::new());
    let (mut memberships, mut owners) = (HashMap::new(), HashMap::<_, u32>::new());
    let (mut emails, mut names) = (HashSet::new(), HashSet::new());
    let now = at(2_000_000_000);
    for batch in &batches {
        for organization in &batch.organizations {
            assert!(names.insert(organization.name.key().to_owned()));
            assert!(names.insert(format!(
                    "{:?}",
                    organization
                        .domain
                        .as_ref()
                        .map_or_else(|| organization.id.to_string(), ToString::to_string)
                )));
            assert!(organizations.insert(organization.id, organization.clone()).is_none());
        }
        for user in &batch.users {
            assert!(emails.insert(user.email.key().to_owned()), "{user:?}");
            assert!(user.created_at >= organizations[&user.home.unwrap()].created_at);
            assert!(user.last_sign_in_at.unwrap() < now);
            assert!(users.insert(user.id, user.clone()).is_none());
        }
        for membership in &batch.memberships {
            let key = (membership.organization, membership.user);
            assert!(membership.joined_at >= organizations[&membership.organization].created_at);
            assert!(membership.joined_at >= users[&membership.user].created_at);
            assert!(membership.joined_at <= now);
            if membership.role == OrganizationRole::Owner {
                *owners.entry(membership.organization).or_default() += 1;
            }
            assert!(memberships.insert(key, membership.role).is_none(), "{membership:?}");
        }
        for workspace in &batch.workspaces {
            assert!(workspace.created_at >= organizations[&workspace.organization].created_at);
        }
        for (session, _) in &batch.sessions {
            assert!(users.contains_key(&session.user) && session.is_live(now));
            assert!(session.created_at <= session.last_used_at && session.last_used_at <= now);
        }
    }
    assert_eq!((organizations.len(), users.len(), sessions.len()), (300, 9000, 9500));
    assert_eq!(owners.len(), 300);
    assert!(owners.values().all(|count| *count == 1));
    assert!(users.values().all(|user| memberships.contains_key(&(user.home.unwrap(), user.id))));
    let roles: HashSet<_> = memberships.values().collect();
    assert_eq!(roles.len(), 3);
    for session in &sessions {
        assert_eq!(memberships[&(session.home, session.user)], session.role);
        let own = memberships.keys().filter(|(_, user)| *user == session.user);
        if session.user.as_uuid().as_bytes()[0] == 7 {
            assert_eq!(own.count(), session.organizations as usize);
        }
    }
    let end = DemoProgress { organizations: 300, users: 9000, sessions: 9500 };
    assert_eq!(progress.last(), Some(&end));
    assert_eq!(progress.len(), batches.len());
}

#[tokio::test]
async fn sizes_differ_and_one_user_is_in_two_thousand_organizations() {
    let Run { batches, sessions, .. } = run((4500, 20_000, 20_000), 1).await;
    assert_eq!(sessions[0].organizations, 2000);
    assert!(sessions[1..].iter().all(|session| session.organizations < 100));
    let alone = sessions.iter().filter(|session| session.organizations == 1).count();
    assert!((10_000..20_000).contains(&alone), "{alone}");
    let mut members: HashMap<_, u32> = HashMap::new();
    for membership in batches.iter().flat_map(|batch| &batch.memberships) {
        *members.entry(membership.organization).or_default() += 1;
    }
    assert!(members.values().any(|count| *count <= 2));
    assert!(members.values().any(|count| *count >= 20));
    // A batch is bounded, whatever there is.
    assert!(batches.iter().all(|batch| batch.rows() < 5000));
}

#[tokio::test]
async fn a_store_in_use_is_left_alone() {
    let mut ports = ports();
    ports.bulk.expect_load_into_empty().times(1).return_once(|_| Ok(false));
    let fill = ports.into_use_cases().fill_with_demo_data;
    let filling = fill.execute(
        DemoSize::new(10, 9000, 10).unwrap(),
        1,
        |_| panic!("nothing was committed"),
        |_| -> Result<(), Error> { panic!("no session was made") },
    );
    assert_eq!(filling.await.unwrap(), Filling::NotEmpty);
}

#[tokio::test]
async fn failures_of_the_store_are_told() {
    let mut ports = ports();
    let failed = || StoreError::Failed("disk full".to_owned());
    ports.bulk.expect_load_into_empty().return_once(move |_| Err(failed()));
    let fill = ports.into_use_cases().fill_with_demo_data;
    let size = DemoSize::new(10, 10, 0).unwrap();
    let filling = fill.execute(size, 1, |_| (), |_| Ok::<_, Error>(())).await;
    assert!(matches!(filling, Err(Error::Internal(_))));
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    for (size, refused) in [
        ((0, 10, 0), Some(DemoSizeError::OutOfBounds)),
        ((10, 9, 0), Some(DemoSizeError::TooFewUsers)),
        ((1, 1, Session::MAX_PER_USER + 1), Some(DemoSizeError::TooManySessions)),
        ((1, u32::MAX, 0), Some(DemoSizeError::OutOfBounds)),
        ((1, 1, Session::MAX_PER_USER), None),
        ((DemoSize::MAX, DemoSize::MAX, DemoSize::MAX), None),
    ] {
        assert_eq!(DemoSize::new(size.0, size.1, size.2).err(), refused, "{size:?}");
    }
}

#[test]
fn everybody_is_at_home_somewhere() {
    let SessionLifetimes { idle, absolute } = settings().session_lifetimes;
    let lifetimes = SessionLifetimes { idle, absolute };
    for (organizations, users) in [(1, 1), (1, 5000), (1000, 1000), (777, 100_000)] {
        let size = DemoSize::new(organizations, users, 0).unwrap();
        let population = Population::new(size, 5, at(2_000_000_000), lifetimes);
        let mut next = 0;
        for number in 0..organizations {
            let at_home = population.at_home(number);
            assert!(at_home.start == next && !at_home.is_empty(), "{number}: {at_home:?}");
            assert_eq!(population.home_of(at_home.start), number);
            assert_eq!(population.home_of(at_home.end - 1), number);
            next = at_home.end;
        }
        assert_eq!(next, users);
    }
}

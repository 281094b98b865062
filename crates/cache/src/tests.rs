//! Which questions the store is asked, and which not.

use std::time::Instant;

use guildhall_application::{
    PageRequest,
    ports::{
        Changed, Changes, MockOrganizationQueries, MockSessionQueries, MockStatsQueries,
        StatsSnapshot, StoreError,
    },
    testing::{
        FixedClock, account_with_session, at, caller, organization, organization_summary,
        token_hash, user,
    },
};
use guildhall_domain::{OrganizationRole, ServingPeriod, ServingPeriodId, UserRole};
use uuid::Uuid;

use super::*;

const WHOLE: PageRequest = PageRequest { after: None, limit: 10 };

/// A cache for whose copies somebody vouches.
fn cache() -> Cache {
    let cache = Cache::new(1_000_000);
    cache.observer().vouch_until(Instant::now() + Duration::from_hours(1));
    cache
}

fn lists(
    cache: &Cache,
    fill: impl FnOnce(&mut MockOrganizationQueries),
) -> Arc<dyn OrganizationQueries> {
    let mut organizations = MockOrganizationQueries::new();
    fill(&mut organizations);
    cache.before_organizations(Arc::new(organizations))
}

fn sessions(
    cache: &Cache,
    now: i64,
    fill: impl FnOnce(&mut MockSessionQueries),
) -> Arc<dyn SessionQueries> {
    let mut sessions = MockSessionQueries::new();
    fill(&mut sessions);
    cache.before_sessions(Arc::new(sessions), Arc::new(FixedClock(at(now))))
}

fn changed(cache: &Cache, change: Changed) {
    cache.observer().committed_elsewhere(&[change].into_iter().collect());
}

#[tokio::test]
async fn a_session_is_looked_up_once_until_it_changes() {
    let cache = cache();
    let ada = user(1, "ada@acme.com", UserRole::User);
    let found = account_with_session(ada.clone());
    let answer = found.clone();
    let sessions = sessions(&cache, 0, |store| {
        store.expect_by_token().times(2).returning(move |_| Ok(Some(answer.clone())));
    });
    for _ in 0..3 {
        assert_eq!(sessions.by_token(&token_hash(1)).await.unwrap(), Some(found.clone()));
    }
    changed(&cache, Changed::Account(ada.id));
    for _ in 0..3 {
        assert_eq!(sessions.by_token(&token_hash(1)).await.unwrap(), Some(found.clone()));
    }
}

#[tokio::test]
async fn a_copy_that_looks_ended_is_not_believed() {
    let cache = cache();
    let mut found = account_with_session(user(1, "ada@acme.com", UserRole::User));
    let week = 7 * 24 * 3600;
    let sessions = sessions(&cache, week, |store| {
        store.expect_by_token().times(2).returning(move |_| {
            let before = found.clone();
            // Another node writes down that it was used.
            found.session.expires_at = at(2 * week);
            Ok(Some(before))
        });
    });
    for (asked, expires_at) in [(1, at(week)), (2, at(2 * week)), (3, at(2 * week))] {
        let found = sessions.by_token(&token_hash(1)).await.unwrap().unwrap();
        assert_eq!(found.session.expires_at, expires_at, "{asked}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_remembered() {
    let cache = cache();
    let sessions = sessions(&cache, 0, |store| {
        store.expect_by_token().times(2).returning(|_| Ok(None));
    });
    let organizations = lists(&cache, |store| {
        store.expect_access().times(2).returning(|_, _| Ok(None));
    });
    let viewer = caller(UserRole::User).viewer();
    for _ in 0..2 {
        assert_eq!(sessions.by_token(&token_hash(1)).await.unwrap(), None);
        let id = organization(7, "Acme", None).id;
        assert_eq!(organizations.access(viewer, id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_failure_is_passed_on_and_not_remembered() {
    let cache = cache();
    let found = account_with_session(user(1, "ada@acme.com", UserRole::User));
    let mut answers = vec![Ok(Some(found)), Err(StoreError::Unavailable("away".to_owned()))];
    let sessions = sessions(&cache, 0, |store| {
        store.expect_by_token().times(2).returning(move |_| answers.pop().unwrap());
    });
    assert!(sessions.by_token(&token_hash(1)).await.is_err());
    assert!(sessions.by_token(&token_hash(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_is_remembered_unless_somebody_vouches_for_it() {
    let cache = Cache::new(1_000_000);
    let sessions = sessions(&cache, 0, |store| {
        let found = account_with_session(user(1, "ada@acme.com", UserRole::User));
        store.expect_by_token().times(2).returning(move |_| Ok(Some(found.clone())));
    });
    for _ in 0..2 {
        sessions.by_token(&token_hash(1)).await.unwrap();
    }
    assert!(!cache.state().is_on);
}

#[tokio::test]
async fn a_list_answers_for_every_page_that_it_reaches() {
    let cache = cache();
    let rows = [9, 8, 7, 6].map(organization_summary);
    let all = rows.clone();
    let organizations = lists(&cache, |store| {
        store.expect_accessible_to().times(1).returning(move |_, _| Ok(all.to_vec()));
    });
    let viewer = caller(UserRole::User).viewer();
    let after = Some(rows[1].cursor());
    for (page, expected) in [
        (WHOLE, &rows[..]),
        (PageRequest { limit: 4, ..WHOLE }, &rows[..]),
        (PageRequest { limit: 2, ..WHOLE }, &rows[..2]),
        (PageRequest { after, limit: 1 }, &rows[2..3]),
        (PageRequest { after, limit: 10 }, &rows[2..]),
        (PageRequest { after: Some(rows[3].cursor()), limit: 10 }, &[]),
    ] {
        assert_eq!(organizations.accessible_to(viewer, page).await.unwrap(), expected, "{page:?}");
    }
}

#[tokio::test]
async fn beyond_the_beginning_of_a_list_the_store_is_asked() {
    let cache = cache();
    let rows = [9, 8, 7, 6].map(organization_summary);
    let all = rows.clone();
    let organizations = lists(&cache, |store| {
        store.expect_accessible_to().times(4).returning(move |_, page| {
            let after = page
                .after
                .map_or(0, |after| all.iter().position(|row| row.cursor() == after).unwrap() + 1);
            let limit = usize::try_from(page.limit).unwrap();
            Ok(all[after..].iter().take(limit).cloned().collect())
        });
    });
    let viewer = caller(UserRole::User).viewer();
    let after = |row: usize| Some(rows[row].cursor());
    for (page, expected) in [
        (PageRequest { after: None, limit: 2 }, &rows[..2]),
        (PageRequest { after: None, limit: 1 }, &rows[..1]),
        (PageRequest { after: after(0), limit: 1 }, &rows[1..2]),
        // Behind what is known.
        (PageRequest { after: after(0), limit: 2 }, &rows[1..3]),
        (PageRequest { after: after(1), limit: 1 }, &rows[2..3]),
        // A longer beginning.
        (PageRequest { after: None, limit: 3 }, &rows[..3]),
        (PageRequest { after: after(1), limit: 1 }, &rows[2..3]),
    ] {
        assert_eq!(organizations.accessible_to(viewer, page).await.unwrap(), expected, "{page:?}");
    }
}

#[tokio::test]
async fn the_list_of_a_platform_admin_is_not_remembered() {
    let cache = cache();
    let organizations = lists(&cache, |store| {
        store.expect_accessible_to().times(2).returning(|_, _| Ok(vec![organization_summary(9)]));
    });
    for _ in 0..2 {
        let viewer = caller(UserRole::Admin).viewer();
        organizations.accessible_to(viewer, WHOLE).await.unwrap();
    }
}

#[tokio::test]
async fn a_list_is_made_of_its_organizations_and_of_the_memberships() {
    let viewer = caller(UserRole::User).viewer();
    let rows = [9, 8].map(organization_summary);
    for (change, asked) in [
        (Changed::Memberships(viewer.user()), 2),
        (Changed::Organization(rows[1].id), 2),
        (Changed::Organization(organization_summary(7).id), 1),
        (Changed::Account(viewer.user()), 1),
    ] {
        let cache = cache();
        let rows = rows.clone();
        let organizations = lists(&cache, |store| {
            let answer = move |_, _| Ok(rows.to_vec());
            store.expect_accessible_to().times(asked).returning(answer);
        });
        organizations.accessible_to(viewer, WHOLE).await.unwrap();
        changed(&cache, change);
        organizations.accessible_to(viewer, WHOLE).await.unwrap();
    }
}

#[tokio::test]
async fn an_access_is_each_viewers_own() {
    let cache = cache();
    let acme = organization(7, "Acme", None);
    let found = acme.clone();
    let organizations = lists(&cache, |store| {
        store.expect_access().times(3).returning(move |viewer, _| {
            Ok(Access::found(found.clone(), viewer, Some(OrganizationRole::Member)))
        });
    });
    let member = caller(UserRole::User).viewer();
    let admin = caller(UserRole::Admin).viewer();
    for viewer in [member, admin, member, admin] {
        let access = organizations.access(viewer, acme.id).await.unwrap().unwrap();
        assert_eq!(access, Access::found(acme.clone(), viewer, access.role()).unwrap());
    }
    changed(&cache, Changed::Memberships(member.user()));
    organizations.access(member, acme.id).await.unwrap();
}

#[tokio::test]
async fn what_changes_while_it_is_read_is_not_kept() {
    let cache = cache();
    let observer = cache.observer();
    let ada = user(1, "ada@acme.com", UserRole::User);
    let change: Changes = [Changed::Account(ada.id)].into_iter().collect();
    let sessions = sessions(&cache, 0, |store| {
        store.expect_by_token().times(2).returning(move |_| {
            drop(observer.committing(&change));
            Ok(Some(account_with_session(ada.clone())))
        });
    });
    for _ in 0..2 {
        sessions.by_token(&token_hash(1)).await.unwrap();
    }
}

#[test]
fn a_cache_shows_its_numbers_and_nothing_of_what_is_in_it() {
    let shown = format!("{:?}", cache());
    assert!(shown.contains("is_on: true") && shown.contains("hits: 0"), "{shown}");
}

/// The numbers of whoever sees these organizations, counted as often as is expected.
fn stats(cache: &Cache, visible: &[u32], counted: usize, took: Duration) -> Arc<dyn StatsQueries> {
    let rows: Vec<_> = visible.iter().map(|number| organization_summary(*number)).collect();
    let organizations = lists(cache, |store| {
        store.expect_accessible_to().returning(move |_, _| Ok(rows.clone()));
    });
    let mut store = MockStatsQueries::new();
    store.expect_snapshot().times(counted).returning(move |_, _, _| {
        std::thread::sleep(took);
        Ok(StatsSnapshot { members: 3, ..StatsSnapshot::default() })
    });
    cache.before_stats(Arc::new(store), organizations)
}

#[tokio::test]
async fn numbers_are_made_of_the_organizations_and_of_their_people() {
    let viewer = caller(UserRole::User).viewer();
    let (seen, other) = (organization_summary(9).id, organization_summary(7).id);
    for (change, counted) in [
        (Changed::Memberships(viewer.user()), 2),
        (Changed::Organization(seen), 2),
        (Changed::People(seen), 2),
        (Changed::PeopleAnywhere, 2),
        (Changed::People(other), 1),
        (Changed::ServingPeriods, 1),
    ] {
        let cache = cache();
        let stats = stats(&cache, &[9, 8], counted, Duration::ZERO);
        for _ in 0..2 {
            assert_eq!(stats.snapshot(viewer, at(0), at(0)).await.unwrap().members, 3);
        }
        changed(&cache, change);
        stats.snapshot(viewer, at(59), at(0)).await.unwrap();
    }
}

#[tokio::test]
async fn what_passes_with_time_is_seen_after_a_minute() {
    let cache = cache();
    let stats = stats(&cache, &[9], 3, Duration::ZERO);
    let viewer = caller(UserRole::User).viewer();
    for now in [100, 159, 160, 219, 99] {
        stats.snapshot(viewer, at(now), at(0)).await.unwrap();
    }
}

#[tokio::test]
async fn numbers_over_everything_are_used_for_as_long_as_they_are_worth() {
    let cache = cache();
    let viewer = caller(UserRole::Admin).viewer();
    let slow = stats(&cache, &[], 1, Duration::from_secs(1));
    for _ in 0..3 {
        slow.snapshot(viewer, at(0), at(0)).await.unwrap();
        changed(&cache, Changed::Organization(organization_summary(9).id));
    }
}

#[tokio::test]
async fn serving_periods_are_read_once_until_one_grows() {
    let cache = cache();
    let period = |number, last_seen_at| ServingPeriod {
        id: ServingPeriodId::new(Uuid::from_u128(number)),
        started_at: at(0),
        last_seen_at: at(last_seen_at),
    };
    let all = vec![period(1, 50), period(2, 100)];
    let known = all.clone();
    let mut store = MockStatsQueries::new();
    store.expect_serving_periods().times(2).returning(move |_| Ok((at(0), known.clone())));
    let stats = cache.before_stats(Arc::new(store), lists(&cache, |_| {}));
    for (since, periods) in [(10, &all[..]), (50, &all[..]), (51, &all[1..])] {
        let answer = stats.serving_periods(at(since)).await.unwrap();
        assert_eq!(answer, (at(0), periods.to_vec()), "{since}");
    }
    changed(&cache, Changed::ServingPeriods);
    stats.serving_periods(at(10)).await.unwrap();
}

//! What every store has to do, as tests over the ports. An adapter's tests run
//! each case on a fresh and empty store, by
//! [`for_each_conformance_case!`](crate::for_each_conformance_case), so that no
//! case can be forgotten.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "the cases are tests: a panic is a failed test"
)]

pub mod accounts;
pub mod counters;
pub mod organizations;
pub mod stats;
mod support;
pub mod transactions;
pub mod upkeep;

use std::sync::Arc;

use crate::ports::{
    Maintenance, OrganizationQueries, SessionQueries, StatsQueries, Store, UserQueries,
};

/// A store by all the ports that it implements, migrated and empty. Clones are
/// the same store.
#[derive(Clone)]
pub struct StoreUnderTest {
    /// What opens units of work.
    pub store: Arc<dyn Store>,
    /// Organizations.
    pub organizations: Arc<dyn OrganizationQueries>,
    /// Users.
    pub users: Arc<dyn UserQueries>,
    /// Sessions.
    pub sessions: Arc<dyn SessionQueries>,
    /// Statistics.
    pub stats: Arc<dyn StatsQueries>,
    /// Upkeep.
    pub maintenance: Arc<dyn Maintenance>,
}

impl StoreUnderTest {
    /// A store that implements every port.
    #[must_use]
    pub fn new<S>(store: S) -> Self
    where
        S: Store
            + OrganizationQueries
            + UserQueries
            + SessionQueries
            + StatsQueries
            + Maintenance
            + 'static,
    {
        let store = Arc::new(store);
        Self {
            store: store.clone(),
            organizations: store.clone(),
            users: store.clone(),
            sessions: store.clone(),
            stats: store.clone(),
            maintenance: store,
        }
    }
}

/// Hands the path of every case, `module::case`, to a macro. Each is an
/// `async fn(StoreUnderTest)` in
/// [`testing::conformance`](crate::testing::conformance).
#[macro_export]
macro_rules! for_each_conformance_case {
    ($callback:ident) => {
        $callback! {
            transactions::what_was_committed_is_visible
            transactions::what_was_dropped_is_rolled_back
            transactions::what_was_cancelled_is_rolled_back
            transactions::a_failed_statement_ends_the_unit_of_work
            transactions::two_hundred_at_once_all_finish
            transactions::the_installation_is_locked_by_one_at_a_time
            transactions::a_user_is_locked_by_one_at_a_time
            organizations::names_and_domains_are_unique
            organizations::concurrent_twins_conflict
            organizations::a_twin_that_was_rolled_back_is_no_conflict
            organizations::times_and_texts_survive
            organizations::are_found_by_id_and_by_name
            organizations::are_listed_newest_first
            organizations::pages_are_complete_while_rows_are_added
            organizations::a_member_sees_only_their_own
            counters::concurrent_members_are_all_counted
            counters::a_member_is_counted_once
            counters::workspaces_are_counted
            counters::without_drift_none_is_found
            accounts::addresses_are_unique
            accounts::users_survive
            accounts::a_user_is_changed
            accounts::passwords_are_kept_and_replaced
            accounts::the_organization_field_is_home_or_intention
            accounts::sessions_are_found_by_token
            accounts::a_deactivated_user_comes_back_as_such
            accounts::live_sessions_are_listed_newest_first
            accounts::a_use_is_recorded
            accounts::only_own_sessions_are_removed
            accounts::all_other_sessions_are_removed
            accounts::the_oldest_sessions_are_trimmed
            stats::a_member_counts_what_they_see
            stats::an_admin_counts_everything
            stats::an_empty_store_counts_nothing
            upkeep::serving_periods_grow_by_heartbeats
            upkeep::what_has_ended_is_swept
            upkeep::every_event_can_be_appended
            upkeep::it_answers
        }
    };
}

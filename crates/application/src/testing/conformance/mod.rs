//! What every store has to do, as tests over the ports. An adapter's tests run
//! each case on a fresh and empty store, by
//! [`for_each_conformance_case!`](crate::for_each_conformance_case), so that no
//! case can be forgotten.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "the cases are tests: a panic is a failed test"
)]

pub mod accounts;
pub mod counters;
pub mod deletion;
pub mod demo_data;
pub mod erasure;
pub mod invitations;
pub mod mail;
pub mod management;
pub mod members;
pub mod one_time_tokens;
pub mod organizations;
mod paging;
pub mod requests;
pub mod stats;
mod support;
pub mod transactions;
pub mod upkeep;
pub mod users;
pub mod workspaces;

use std::sync::Arc;

use crate::ports::{
    AuditLogs, AuditQueries, BulkLoader, InvitationQueries, Maintenance, MemberQueries,
    OrganizationQueries, SessionQueries, StatsQueries, Store, UserQueries, WorkspaceQueries,
};

/// A store by all the ports that it implements, migrated and empty. Clones are
/// the same store.
#[derive(Clone)]
pub struct StoreUnderTest {
    /// What opens units of work.
    pub store: Arc<dyn Store>,
    /// Organizations.
    pub organizations: Arc<dyn OrganizationQueries>,
    /// Members.
    pub members: Arc<dyn MemberQueries>,
    /// Workspaces.
    pub workspaces: Arc<dyn WorkspaceQueries>,
    /// Invitations.
    pub invitations: Arc<dyn InvitationQueries>,
    /// Users.
    pub users: Arc<dyn UserQueries>,
    /// Sessions.
    pub sessions: Arc<dyn SessionQueries>,
    /// Statistics.
    pub stats: Arc<dyn StatsQueries>,
    /// Upkeep.
    pub maintenance: Arc<dyn Maintenance>,
    /// Many rows at once.
    pub bulk: Arc<dyn BulkLoader>,
    /// The audit trail.
    pub audit: Arc<dyn AuditQueries>,
    /// The audit logs.
    pub audit_logs: Arc<dyn AuditLogs>,
}

impl StoreUnderTest {
    /// A store that implements every port.
    #[must_use]
    pub fn new<S>(store: S) -> Self
    where
        S: Store
            + OrganizationQueries
            + MemberQueries
            + WorkspaceQueries
            + InvitationQueries
            + UserQueries
            + SessionQueries
            + StatsQueries
            + Maintenance
            + BulkLoader
            + AuditQueries
            + AuditLogs
            + 'static,
    {
        let store = Arc::new(store);
        Self {
            store: store.clone(),
            organizations: store.clone(),
            members: store.clone(),
            workspaces: store.clone(),
            invitations: store.clone(),
            users: store.clone(),
            sessions: store.clone(),
            stats: store.clone(),
            maintenance: store.clone(),
            bulk: store.clone(),
            audit: store.clone(),
            audit_logs: store,
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
            management::a_lock_shows_what_the_viewer_is
            management::a_lock_keeps_others_waiting
            management::an_entrant_locks_what_is_not_deleted
            management::the_default_organization_is_forgotten
            management::an_update_writes_every_field
            management::a_full_organization_survives
            management::a_change_to_what_is_taken_conflicts
            management::a_change_to_what_is_being_taken_waits
            deletion::a_deleted_organization_vanishes
            deletion::without_a_living_home_the_intention_shows
            deletion::what_was_deleted_long_ago_is_found
            deletion::a_purge_removes_for_good
            deletion::a_purge_removes_a_large_one
            deletion::a_restored_organization_is_not_purged
            members::a_change_of_role_is_written
            members::the_last_seat_is_taken_once
            members::who_is_there_already_is_not_added
            members::a_closed_organization_takes_nobody
            members::a_lowered_limit_lets_nobody_in
            members::a_removed_member_is_counted_no_more
            members::another_owner_is_found
            members::the_last_owner_stays
            members::other_members_are_out_of_reach
            members::members_are_found_by_text_and_role
            members::a_renamed_member_is_found_by_the_new_name
            members::pages_of_members_are_complete
            workspaces::a_change_of_a_workspace_is_written
            workspaces::the_last_workspace_is_allocated_once
            workspaces::a_batch_that_does_not_fit_adds_nothing
            workspaces::a_removed_workspace_is_counted_no_more
            workspaces::other_workspaces_are_out_of_reach
            workspaces::pages_of_workspaces_are_complete
            workspaces::workspaces_that_may_be_used_are_accessible
            invitations::invitations_survive
            invitations::a_change_of_an_invitation_is_written
            invitations::invitations_are_listed_by_status
            invitations::pages_of_invitations_are_complete
            invitations::open_invitations_are_counted
            invitations::who_need_not_be_invited_is_found
            invitations::many_are_invited_at_once
            invitations::a_token_leads_to_its_invitation
            invitations::a_token_shows_organizations_in_use
            invitations::other_invitations_are_out_of_reach
            accounts::addresses_are_unique
            accounts::users_survive
            accounts::a_user_is_changed
            accounts::passwords_are_kept_and_replaced
            accounts::the_organization_field_is_home_or_intention
            accounts::sessions_are_found_by_token
            accounts::whoever_asks_at_once_finds_their_own_session
            accounts::a_deactivated_user_comes_back_as_such
            accounts::live_sessions_are_listed_newest_first
            accounts::uses_are_recorded
            accounts::only_own_sessions_are_removed
            accounts::all_other_sessions_are_removed
            accounts::the_oldest_sessions_are_trimmed
            one_time_tokens::a_token_is_taken_once
            one_time_tokens::of_ten_at_once_one_takes_it
            one_time_tokens::a_new_token_kills_the_former
            one_time_tokens::a_token_expires
            one_time_tokens::a_revoked_token_is_dead
            mail::every_subject_survives
            mail::a_claim_hides_until_it_ends
            mail::each_mail_is_claimed_once
            mail::a_mail_is_put_off_or_removed
            mail::mail_of_a_dropped_unit_of_work_is_never_sent
            requests::a_repetition_is_answered_alike
            requests::actors_and_keys_are_apart
            requests::of_twins_one_is_first
            requests::a_key_that_was_rolled_back_is_free
            requests::what_is_old_is_forgotten
            users::an_admin_knows_everybody
            users::others_know_whose_members_they_may_see
            users::users_are_found_by_text_and_status
            users::pages_of_users_are_complete
            users::another_admin_is_found
            users::organizations_of_a_user_are_found
            users::a_user_is_locked_by_address
            erasure::an_erased_user_is_gone
            erasure::nobody_else_is_erased
            erasure::what_was_sent_to_the_address_goes
            erasure::answers_in_which_the_address_stands_go
            stats::a_member_counts_what_they_see
            stats::an_admin_counts_everything
            stats::an_empty_store_counts_nothing
            stats::one_organization_counts_its_own
            upkeep::serving_periods_grow_by_heartbeats
            upkeep::what_has_ended_is_swept
            upkeep::tokens_requests_and_invitations_are_swept
            upkeep::every_event_can_be_appended
            upkeep::it_answers
            demo_data::it_fills_an_empty_store
            demo_data::it_follows_from_the_seed
            demo_data::what_is_in_use_is_left_alone
            demo_data::of_two_at_once_one_fills
        }
    };
}

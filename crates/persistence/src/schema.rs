//! The tables of both databases; `migrations/` creates them.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable};
    use crate::sql_types::{Id, Moment};

    installation (id) {
        id -> BigInt,
        installed_at -> Moment,
        default_organization_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    organizations (id) {
        id -> Id,
        name -> Text,
        name_key -> Text,
        domain -> Nullable<Text>,
        users_count -> BigInt,
        workspaces_count -> BigInt,
        created_at -> Moment,
        updated_at -> Moment,
        external_id -> Nullable<Text>,
        metadata -> Text,
        auto_join -> Bool,
        is_default -> Bool,
        status -> Text,
        users_limit -> Nullable<BigInt>,
        workspaces_limit -> Nullable<BigInt>,
        deleted_at -> Nullable<Moment>,
        version -> BigInt,
        invitations_limit -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    users (id) {
        id -> Id,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        status -> Text,
        mfa_enabled -> Bool,
        home_organization_id -> Nullable<Id>,
        intended_organization -> Nullable<Text>,
        password_hash -> Text,
        created_at -> Moment,
        updated_at -> Moment,
        last_sign_in_at -> Nullable<Moment>,
        name_key -> Text,
        email_verified_at -> Nullable<Moment>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::{Id, Moment};

    memberships (organization_id, user_id) {
        organization_id -> Id,
        user_id -> Id,
        role -> Text,
        source -> Text,
        joined_at -> Moment,
        version -> BigInt,
        organization_created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::{Id, Moment};

    workspaces (id) {
        id -> Id,
        organization_id -> Id,
        name -> Text,
        description -> Text,
        status -> Text,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    sessions (id) {
        id -> Id,
        user_id -> Id,
        token_hash -> Binary,
        created_at -> Moment,
        last_used_at -> Moment,
        expires_at -> Moment,
        ends_at -> Moment,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    audit_events (occurred_at, id) {
        id -> Id,
        organization_id -> Nullable<Id>,
        actor_type -> Text,
        actor_id -> Nullable<Id>,
        action -> Text,
        resource_type -> Text,
        resource_id -> Nullable<Id>,
        details -> Text,
        request_id -> Nullable<Text>,
        success -> Bool,
        occurred_at -> Moment,
        sequence -> BigInt,
        previous -> Binary,
        hash -> Binary,
        sealed -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary};
    use crate::sql_types::{Id, Moment};

    audit_logs (id) {
        id -> Id,
        size -> BigInt,
        head -> Binary,
        last_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable};

    audit_keys (subject) {
        subject -> Binary,
        key -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::sql_types::{Id, Moment};

    audit_checkpoints (log_id, size) {
        log_id -> Id,
        size -> BigInt,
        head -> Binary,
        made_at -> Moment,
        key_id -> Binary,
        signature -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::sql_types::{Id, Moment};

    audit_bases (log_id) {
        log_id -> Id,
        size -> BigInt,
        head -> Binary,
        made_at -> Moment,
        key_id -> Binary,
        signature -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Text};
    use crate::sql_types::Moment;

    audit_signing_keys (id) {
        id -> Binary,
        public_key -> Text,
        first_used -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    invitations (id) {
        id -> Id,
        organization_id -> Id,
        email -> Text,
        email_key -> Text,
        role -> Text,
        status -> Text,
        invited_by -> Nullable<Id>,
        token_hash -> Nullable<Binary>,
        created_at -> Moment,
        expires_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Text};
    use crate::sql_types::{Id, Moment};

    one_time_tokens (user_id, purpose) {
        user_id -> Id,
        purpose -> Text,
        token_hash -> Binary,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::{Id, Moment};

    mail_queue (id) {
        id -> Id,
        subject -> Text,
        invitation_id -> Nullable<Id>,
        user_id -> Nullable<Id>,
        email -> Nullable<Text>,
        attempts -> BigInt,
        queued_at -> Moment,
        due_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::sql_types::{Id, Moment};

    answered_requests (actor_id, idempotency_key) {
        actor_id -> Id,
        idempotency_key -> Text,
        fingerprint -> Binary,
        answered_at -> Moment,
        status -> BigInt,
        headers -> Text,
        body -> Text,
    }
}

diesel::table! {
    use crate::sql_types::{Id, Moment};

    serving_periods (id) {
        id -> Id,
        started_at -> Moment,
        last_seen_at -> Moment,
    }
}

diesel::joinable!(users -> organizations (home_organization_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(invitations -> organizations (organization_id));
diesel::allow_tables_to_appear_in_same_query!(
    organizations,
    users,
    memberships,
    workspaces,
    sessions,
    invitations,
    installation,
    audit_events,
);

//! Every kind of problem that has an address. The pages under `/problems` are
//! made from this table; a slug, once released, stays.

use actix_web::http::StatusCode;

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProblemKind {
    /// Its name in its URI.
    pub(crate) slug: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    /// The status of its answers.
    pub(crate) status: StatusCode,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

impl ProblemKind {
    /// The URI reference that names this kind.
    pub(crate) fn uri(&self) -> String {
        format!("/problems/{}", self.slug)
    }
}

/// Every kind, by status.
pub(crate) static KINDS: [&ProblemKind; 34] = [
    &BAD_REQUEST,
    &MALFORMED_JSON,
    &INVALID_QUERY,
    &INVALID_IDEMPOTENCY_KEY,
    &FORBIDDEN,
    &ORGANIZATION_SUSPENDED,
    &EMAIL_NOT_VERIFIED,
    &INVITATION_FOR_ANOTHER,
    &REGISTRATION_CLOSED,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &REQUEST_TIMEOUT,
    &EMAIL_TAKEN,
    &ORGANIZATION_NAME_TAKEN,
    &DOMAIN_TAKEN,
    &EXTERNAL_ID_TAKEN,
    &LAST_OWNER,
    &LAST_ADMIN,
    &ALREADY_MEMBER,
    &ALREADY_INVITED,
    &INVITATION_CLOSED,
    &QUOTA_EXCEEDED,
    &VERSION_MISMATCH,
    &PAYLOAD_TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &INVALID_REQUEST,
    &IDEMPOTENCY_KEY_REUSED,
    &TOO_MANY_ATTEMPTS,
    &TOO_MANY_REQUESTS,
    &INTERNAL_ERROR,
    &MAIL_NOT_CONFIGURED,
    &OVERLOADED,
    &STORE_UNAVAILABLE,
    &NOT_READY,
];

pub(crate) static BAD_REQUEST: ProblemKind = ProblemKind {
    slug: "bad-request",
    title: "The request could not be read",
    status: StatusCode::BAD_REQUEST,
    meaning: "The request is no valid HTTP, or it broke off before its end.",
    remedy: "Send it again. If it fails again, look for a fault in the client or in a proxy.",
};

pub(crate) static MALFORMED_JSON: ProblemKind = ProblemKind {
    slug: "malformed-json",
    title: "The body is not JSON",
    status: StatusCode::BAD_REQUEST,
    meaning: "The body of the request could not be parsed as JSON (RFC 8259) in UTF-8.",
    remedy: "Send valid JSON. The detail says at which line and column parsing ended.",
};

pub(crate) static INVALID_QUERY: ProblemKind = ProblemKind {
    slug: "invalid-query",
    title: "The query is invalid",
    status: StatusCode::BAD_REQUEST,
    meaning: "Parameters in the query of the request have values that they cannot have.",
    remedy: "Correct each parameter that the errors name. Take cursors from Link headers only.",
};

pub(crate) static INVALID_IDEMPOTENCY_KEY: ProblemKind = ProblemKind {
    slug: "invalid-idempotency-key",
    title: "The idempotency key is invalid",
    status: StatusCode::BAD_REQUEST,
    meaning: "The Idempotency-Key header is no key: 1 to 255 visible ASCII characters.",
    remedy: "Send a new UUID with each request, and the same one when you repeat it.",
};

pub(crate) static FORBIDDEN: ProblemKind = ProblemKind {
    slug: "forbidden",
    title: "Not permitted",
    status: StatusCode::FORBIDDEN,
    meaning: "You may know of this, but your role does not permit what you asked for.",
    remedy: "Ask an owner of the organization, or whoever runs the installation.",
};

pub(crate) static ORGANIZATION_SUSPENDED: ProblemKind = ProblemKind {
    slug: "organization-suspended",
    title: "Organization suspended",
    status: StatusCode::FORBIDDEN,
    meaning: "The organization is suspended: its owners may look at it, and nobody may change it.",
    remedy: "Ask whoever runs the installation to activate it.",
};

pub(crate) static EMAIL_NOT_VERIFIED: ProblemKind = ProblemKind {
    slug: "email-not-verified",
    title: "E-mail address not verified",
    status: StatusCode::FORBIDDEN,
    meaning: "This installation asks everybody to prove that their e-mail address is theirs.",
    remedy: "Follow the link in the mail, or ask for another one: POST /api/auth/email/verification.",
};

pub(crate) static INVITATION_FOR_ANOTHER: ProblemKind = ProblemKind {
    slug: "invitation-for-another",
    title: "Invitation for another address",
    status: StatusCode::FORBIDDEN,
    meaning: "The invitation is for another e-mail address than that of the account. It is as it was.",
    remedy: "Sign in with the account of the invited address, or register it.",
};

pub(crate) static REGISTRATION_CLOSED: ProblemKind = ProblemKind {
    slug: "registration-closed",
    title: "Registration is closed",
    status: StatusCode::FORBIDDEN,
    meaning: "This installation does not let everybody register, or not in this way.",
    remedy: "Do what the detail says, or ask whoever runs the installation for an account.",
};

pub(crate) static NOT_FOUND: ProblemKind = ProblemKind {
    slug: "not-found",
    title: "Not found",
    status: StatusCode::NOT_FOUND,
    meaning: "There is nothing at this address, or nothing that the caller may know of.",
    remedy: "Check the path and the id. If both are right, ask a member for access.",
};

pub(crate) static METHOD_NOT_ALLOWED: ProblemKind = ProblemKind {
    slug: "method-not-allowed",
    title: "Method not allowed",
    status: StatusCode::METHOD_NOT_ALLOWED,
    meaning: "The resource exists but does not take this method.",
    remedy: "Use one of the methods in the Allow header.",
};

pub(crate) static REQUEST_TIMEOUT: ProblemKind = ProblemKind {
    slug: "request-timeout",
    title: "Body too slow",
    status: StatusCode::REQUEST_TIMEOUT,
    meaning: "The body of the request did not arrive in time. Nothing was changed.",
    remedy: "Send it again over a better connection.",
};

pub(crate) static EMAIL_TAKEN: ProblemKind = ProblemKind {
    slug: "email-taken",
    title: "E-mail address already registered",
    status: StatusCode::CONFLICT,
    meaning: "There is an account with this e-mail address already.",
    remedy: "Sign in with it, or register another address.",
};

pub(crate) static ORGANIZATION_NAME_TAKEN: ProblemKind = ProblemKind {
    slug: "organization-name-taken",
    title: "Organization name already taken",
    status: StatusCode::CONFLICT,
    meaning: "An organization of this name exists and does not admit the e-mail address. \
              Nothing was created.",
    remedy: "Ask its owner for an invitation, or choose another name.",
};

pub(crate) static DOMAIN_TAKEN: ProblemKind = ProblemKind {
    slug: "domain-taken",
    title: "Domain already taken",
    status: StatusCode::CONFLICT,
    meaning: "Another organization has this domain.",
    remedy: "Choose another domain, or leave it out.",
};

pub(crate) static EXTERNAL_ID_TAKEN: ProblemKind = ProblemKind {
    slug: "external-id-taken",
    title: "External id already taken",
    status: StatusCode::CONFLICT,
    meaning: "Another organization has this external id.",
    remedy: "Look for the organization that has it, or choose another.",
};

pub(crate) static LAST_OWNER: ProblemKind = ProblemKind {
    slug: "last-owner",
    title: "Last owner",
    status: StatusCode::CONFLICT,
    meaning: "An organization keeps at least one owner: the last one can neither leave nor be \
              removed nor be demoted.",
    remedy: "Make another member an owner first, or delete the organization.",
};

pub(crate) static LAST_ADMIN: ProblemKind = ProblemKind {
    slug: "last-admin",
    title: "Last platform admin",
    status: StatusCode::CONFLICT,
    meaning: "The installation keeps at least one platform admin who may sign in.",
    remedy: "Make another user a platform admin first.",
};

pub(crate) static ALREADY_MEMBER: ProblemKind = ProblemKind {
    slug: "already-member",
    title: "Already a member",
    status: StatusCode::CONFLICT,
    meaning: "The account of this e-mail address is a member of the organization already.",
    remedy: "Change its role, if that is what you want.",
};

pub(crate) static ALREADY_INVITED: ProblemKind = ProblemKind {
    slug: "already-invited",
    title: "Already invited",
    status: StatusCode::CONFLICT,
    meaning: "There is an invitation for this e-mail address that can still be accepted.",
    remedy: "Send it again, or revoke it first.",
};

pub(crate) static INVITATION_CLOSED: ProblemKind = ProblemKind {
    slug: "invitation-closed",
    title: "Invitation closed",
    status: StatusCode::CONFLICT,
    meaning: "The invitation was accepted, declined or revoked.",
    remedy: "Make another one.",
};

pub(crate) static QUOTA_EXCEEDED: ProblemKind = ProblemKind {
    slug: "quota-exceeded",
    title: "Quota exceeded",
    status: StatusCode::CONFLICT,
    meaning: "The organization uses as much as it may. The detail and the headers Quota-Limit and \
              Quota-Used say how much that is.",
    remedy: "Remove what is no longer needed, or ask whoever runs the installation for more.",
};

pub(crate) static VERSION_MISMATCH: ProblemKind = ProblemKind {
    slug: "version-mismatch",
    title: "Changed meanwhile",
    status: StatusCode::PRECONDITION_FAILED,
    meaning: "The resource is not of the version that the If-Match header names.",
    remedy: "Get it again, and repeat the change if it still makes sense.",
};

pub(crate) static PAYLOAD_TOO_LARGE: ProblemKind = ProblemKind {
    slug: "payload-too-large",
    title: "Body too large",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    meaning: "The body of the request is larger than 1 MiB.",
    remedy: "Send less at a time.",
};

pub(crate) static UNSUPPORTED_MEDIA_TYPE: ProblemKind = ProblemKind {
    slug: "unsupported-media-type",
    title: "Unsupported media type",
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    meaning: "The body of the request is not labelled as JSON in UTF-8 without compression.",
    remedy: "Send the header `Content-Type: application/json`.",
};

pub(crate) static INVALID_REQUEST: ProblemKind = ProblemKind {
    slug: "invalid-request",
    title: "The request is invalid",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    meaning: "The body is JSON, but fields of it are missing, unknown or not what they must be.",
    remedy: "Correct every field that the errors name; they are all listed at once.",
};

pub(crate) static IDEMPOTENCY_KEY_REUSED: ProblemKind = ProblemKind {
    slug: "idempotency-key-reused",
    title: "Idempotency key used before",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    meaning: "Another request of yours had this Idempotency-Key within the last 24 hours.",
    remedy: "Send each request with a key of its own.",
};

pub(crate) static TOO_MANY_ATTEMPTS: ProblemKind = ProblemKind {
    slug: "too-many-attempts",
    title: "Too many attempts",
    status: StatusCode::TOO_MANY_REQUESTS,
    meaning: "There were too many attempts to sign in from this address or to this account.",
    remedy: "Wait for as many seconds as the Retry-After header says.",
};

pub(crate) static TOO_MANY_REQUESTS: ProblemKind = ProblemKind {
    slug: "too-many-requests",
    title: "Too many requests",
    status: StatusCode::TOO_MANY_REQUESTS,
    meaning: "You have made more requests than one account may. The RateLimit headers say how many that is.",
    remedy: "Wait for as many seconds as the Retry-After header says.",
};

pub(crate) static INTERNAL_ERROR: ProblemKind = ProblemKind {
    slug: "internal-error",
    title: "Internal error",
    status: StatusCode::INTERNAL_SERVER_ERROR,
    meaning: "The service failed. The cause is in its log, under the id of the request.",
    remedy: "Tell whoever runs the installation, and quote the request's id.",
};

pub(crate) static MAIL_NOT_CONFIGURED: ProblemKind = ProblemKind {
    slug: "mail-not-configured",
    title: "No mail is sent",
    status: StatusCode::NOT_IMPLEMENTED,
    meaning: "This installation is not set up to send mail, which this takes.",
    remedy: "Tell whoever runs the installation to configure a mail server.",
};

pub(crate) static OVERLOADED: ProblemKind = ProblemKind {
    slug: "overloaded",
    title: "Overloaded",
    status: StatusCode::SERVICE_UNAVAILABLE,
    meaning: "More requests are waiting than can be answered in time. Nothing was changed.",
    remedy: "Try again after as many seconds as the Retry-After header says.",
};

pub(crate) static STORE_UNAVAILABLE: ProblemKind = ProblemKind {
    slug: "store-unavailable",
    title: "The store is unavailable",
    status: StatusCode::SERVICE_UNAVAILABLE,
    meaning: "The database cannot be reached or is too busy.",
    remedy: "Try again after as many seconds as the Retry-After header says.",
};

pub(crate) static NOT_READY: ProblemKind = ProblemKind {
    slug: "not-ready",
    title: "Not ready",
    status: StatusCode::SERVICE_UNAVAILABLE,
    meaning: "This node should get no new requests: it is about to end, or its store is away.",
    remedy: "Send requests to another node.",
};

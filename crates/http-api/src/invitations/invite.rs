//! `POST /api/organizations/{id}/invitations`

use std::str::FromStr;

use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use deserr::{Deserr, IntoValue, Sequence, Value, ValuePointerRef};
use guildhall_application::{
    Error,
    idempotency::Once,
    invitation::{InviteCommand, InviteOutcome, Invited},
};
use guildhall_domain::{
    EmailAddress, EmailAddressError, Invitation, InvitationLifetime, InvitationLifetimeError,
    OrganizationId, OrganizationRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::InvitationResponse;
use crate::{
    Api,
    error::{ApiError, of_application},
    extract::{Faults, PathId, RepeatableBody, SignedIn, UnknownWord, parse_role},
    idempotency::{kept, respond},
    openapi::{
        Failures, FaultyRepeatableBody, IdempotencyKey, InviteConflict, MailNotConfigured,
        NotAuthenticated, NotFound, OrganizationPath, SuspendedOrForbidden,
    },
    problem::ProblemDocument,
    quota_headers::with_quota,
};

/// An invitation to be made.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = Invite)]
pub(crate) struct InviteRequest {
    #[deserr(try_from(&String) = EmailAddress::from_str -> EmailAddressError)]
    #[schema(value_type = String, format = Email, example = "grace@acme.com")]
    email: EmailAddress,
    /// `owner`, `admin` or `member`. Nobody invites to a role above their own.
    #[deserr(try_from(&String) = parse_role -> UnknownWord)]
    #[schema(value_type = String, example = "member")]
    role: OrganizationRole,
    /// For how many seconds it can be accepted; a week if it is not given.
    #[deserr(default, try_from(Option<i64>) = parse_lifetime -> InvitationLifetimeError)]
    #[schema(value_type = Option<i64>, minimum = 3_600, maximum = 2_592_000, example = 604_800)]
    expires_in: InvitationLifetime,
}

fn parse_lifetime(seconds: Option<i64>) -> Result<InvitationLifetime, InvitationLifetimeError> {
    seconds.map_or(Ok(InvitationLifetime::default()), InvitationLifetime::from_seconds)
}

impl From<InviteRequest> for InviteCommand {
    fn from(request: InviteRequest) -> Self {
        Self { email: request.email, role: request.role, lifetime: request.expires_in }
    }
}

/// One invitation, or up to a thousand.
#[derive(ToSchema)]
#[schema(as = InviteOneOrMany)]
#[serde(untagged)]
pub(crate) enum InviteOneOrManyRequest {
    /// One.
    One(InviteRequest),
    /// 1 to 1,000.
    Many(Vec<InviteRequest>),
}

impl Deserr<Faults> for InviteOneOrManyRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Sequence(many) if (1..=Invitation::MAX_AT_ONCE).contains(&many.len()) => {
                Vec::deserialize_from_value(Value::<V>::Sequence(many), location).map(Self::Many)
            }
            Value::Sequence(_) => {
                let bound = Invitation::MAX_AT_ONCE;
                Err(Faults::at(location, &format!("must have 1 to {bound} elements")))
            }
            one => InviteRequest::deserialize_from_value(one, location).map(Self::One),
        }
    }
}

/// What became of one invitation of many.
#[derive(Serialize, ToSchema)]
#[schema(as = InviteResult)]
pub(crate) struct InviteResultResponse {
    #[schema(format = Email, example = "grace@acme.com")]
    email: String,
    /// The invitation, if it was made.
    #[schema(required = true)]
    invitation: Option<InvitationResponse>,
    /// Why it was not, otherwise.
    #[schema(required = true)]
    problem: Option<ProblemDocument>,
}

/// Invites somebody by e-mail, or up to a thousand people with a result for
/// each. The token goes to the mailbox and nowhere else.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/invitations",
    tag = "Invitations",
    security(("bearer" = [])),
    params(OrganizationPath, IdempotencyKey),
    request_body = InviteOneOrManyRequest,
    responses(
        (status = 200, description = "What became of each of many, in their order.",
            body = [InviteResultResponse],
            headers(("Quota-Limit" = String), ("Quota-Used" = u32))),
        (status = 201, description = "The one was made.", body = InvitationResponse,
            headers(("Location" = String), ("ETag" = String), ("Quota-Limit" = String),
                ("Quota-Used" = u32))),
        FaultyRepeatableBody, NotAuthenticated, SuspendedOrForbidden, NotFound, InviteConflict,
        MailNotConfigured, Failures,
    ),
)]
pub(crate) async fn invite(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    RepeatableBody { body, request }: RepeatableBody<InviteOneOrManyRequest>,
) -> Result<HttpResponse, ApiError> {
    let invite = &api.use_cases.invite;
    match body {
        InviteOneOrManyRequest::Many(many) => {
            let commands = many.into_iter().map(Into::into).collect();
            let once = Once { request, answer: &|outcome| kept(results(outcome)) };
            let outcome = invite.execute(&caller, id, commands, once).await?;
            Ok(respond(outcome, results))
        }
        InviteOneOrManyRequest::One(single) => {
            let answer = |invited: &Invited| created(&api, invited);
            let once = Once { request, answer: &|invited| kept(answer(invited)) };
            let outcome = invite.execute_one(&caller, id, single.into(), once).await?;
            Ok(respond(outcome, answer))
        }
    }
}

fn created(api: &Api, invited: &Invited) -> HttpResponse {
    let Invited { invitation, quota, now } = invited;
    let Invitation { id, organization, .. } = invitation;
    let path = format!("/api/organizations/{organization}/invitations/{id}");
    let mut response = with_quota(HttpResponse::Created(), quota);
    response.insert_header((LOCATION, api.settings.url(&path)));
    InvitationResponse::tagged(invitation, *now).answer(response)
}

fn results(outcome: &InviteOutcome) -> HttpResponse {
    let result = |(email, result): &(EmailAddress, Result<Invitation, Error>)| {
        let invitation = result.as_ref().ok();
        InviteResultResponse {
            email: email.to_string(),
            invitation: invitation.map(|made| InvitationResponse::new(made, outcome.now)),
            problem: result.as_ref().err().map(|error| of_application(error).document(None)),
        }
    };
    let results: Vec<_> = outcome.results.iter().map(result).collect();
    with_quota(HttpResponse::Ok(), &outcome.quota).json(results)
}

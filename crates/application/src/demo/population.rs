//! Who there is: every organization, user, membership, workspace and session,
//! each as a function of the seed and of its number.

use std::{collections::BTreeSet, fmt::Display, net::Ipv4Addr, ops::Range, str::FromStr};

use chrono::TimeDelta;
use guildhall_domain::{
    Membership, MembershipSource, Organization, OrganizationId, OrganizationRole, Origin, Session,
    SessionId, SessionLifetimes, Timestamp, User, UserId, UserRole, Workspace, WorkspaceId,
    WorkspaceName, WorkspaceStatus,
};

use super::{
    DemoSize,
    dice::{Dice, For},
    names,
};
use crate::Error;

/// The user with the number 0 is a member of so many organizations, or of all if
/// there are fewer.
const MANY_ORGANIZATIONS: u32 = 2000;
/// The most workspaces of one organization.
const MAX_WORKSPACES: u32 = 50;
const DAY: u32 = 86_400;

const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "guildhall-client/0.1.0",
];

/// Everybody and everything, of which nothing is kept but who is at home where.
pub(super) struct Population {
    pub(super) size: DemoSize,
    seed: u64,
    now: Timestamp,
    lifetimes: SessionLifetimes,
    /// The number of the first user who is at home in each organization, and
    /// behind the last one the number of users.
    homes: Vec<u32>,
}

impl Population {
    pub(super) fn new(
        size: DemoSize,
        seed: u64,
        now: Timestamp,
        lifetimes: SessionLifetimes,
    ) -> Self {
        Self { size, seed, now, lifetimes, homes: homes(size, seed) }
    }

    fn dice(&self, purpose: For, index: u32) -> Dice {
        Dice::new(self.seed, purpose, index)
    }

    pub(super) fn organization_id(&self, number: u32) -> OrganizationId {
        OrganizationId::new(self.dice(For::Organization, number).uuid())
    }

    pub(super) fn user_id(&self, number: u32) -> UserId {
        UserId::new(self.dice(For::User, number).uuid())
    }

    /// The numbers of the users who are at home there.
    pub(super) fn at_home(&self, organization: u32) -> Range<u32> {
        let start = |number: usize| self.homes.get(number).copied().unwrap_or(self.size.users());
        start(organization as usize)..start(organization as usize + 1)
    }

    /// Where a user is at home.
    pub(super) fn home_of(&self, user: u32) -> u32 {
        let behind = self.homes.partition_point(|start| *start <= user);
        u32::try_from(behind.saturating_sub(1)).unwrap_or_default()
    }

    /// Nine of ten have a domain; one of four has limits, which leave room.
    pub(super) fn organization(&self, number: u32) -> Result<Organization, Error> {
        let (name, domain) = names::organization(number);
        let mut dice = self.dice(For::Organization, number);
        let id = OrganizationId::new(dice.uuid());
        let age = 30 * DAY + dice.below(700 * DAY);
        let micros = TimeDelta::microseconds(dice.below(1_000_000).into());
        let created_at = self.now - TimeDelta::seconds(age.into()) - micros;
        let domain = if number % 10 == 9 { None } else { Some(made_up(&domain)?) };
        let mut organization = Organization::new(id, made_up(&name)?, domain, created_at);
        if number % 4 == 3 {
            let members = u32::try_from(self.at_home(number).len()).unwrap_or(u32::MAX);
            organization.quotas.users = Some(members.saturating_mul(2).saturating_add(10));
            organization.quotas.workspaces = Some(2 * MAX_WORKSPACES);
        }
        Ok(organization)
    }

    /// A user and what they are in the organization they are at home in: who is
    /// there first is its owner, and one of ten others an admin.
    pub(super) fn user(
        &self,
        number: u32,
        home: &Organization,
        is_first: bool,
    ) -> Result<(User, Membership), Error> {
        let mut dice = self.dice(For::User, number);
        let id = UserId::new(dice.uuid());
        let (forename, surname) = names::person(&mut dice);
        let host = home.domain.as_ref().map_or("people.example", |domain| domain.as_str());
        let email = format!("{forename}.{surname}.{number}@{host}").to_lowercase();
        let joined_at =
            if is_first { home.created_at } else { self.since(home.created_at, &mut dice) };
        let name = made_up(&format!("{forename} {surname}"))?;
        let mut user = User::new(id, made_up(&email)?, name, UserRole::User, joined_at);
        user.email_verified_at = Some(joined_at);
        user.mfa_enabled = dice.below(10) == 0;
        user.home = Some(home.id);
        user.last_sign_in_at = Some(self.since(joined_at, &mut dice));
        let (role, source) = match (is_first, dice.below(10)) {
            (true, _) => (OrganizationRole::Owner, MembershipSource::Registration),
            (false, 0) => (OrganizationRole::Admin, MembershipSource::Administrator),
            (false, _) => (OrganizationRole::Member, MembershipSource::Invitation),
        };
        let membership =
            Membership { organization: home.id, user: id, role, source, joined_at, version: 1 };
        Ok((user, membership))
    }

    /// The numbers of those who are at home elsewhere, in an earlier organization,
    /// and members here too: about one to ten of those at home.
    pub(super) fn guests(&self, organization: u32) -> BTreeSet<u32> {
        let mut dice = self.dice(For::Guests, organization);
        let at_home = self.at_home(organization);
        let count =
            (u32::try_from(at_home.len()).unwrap_or(u32::MAX)).saturating_add(dice.below(10)) / 10;
        let mut guests: BTreeSet<u32> =
            (0..count).map(|_| dice.below(at_home.start)).filter(|user| *user > 0).collect();
        if self.has_traveller(organization) {
            guests.insert(0);
        }
        guests
    }

    /// Whether the user with the number 0 is a member but not at home: spread
    /// evenly over all organizations.
    fn has_traveller(&self, organization: u32) -> bool {
        let all = u64::from(self.size.organizations());
        let wanted = all.min(MANY_ORGANIZATIONS.into());
        let mark = |number: u32| u64::from(number) * wanted / all;
        organization > 0 && mark(organization) != mark(organization - 1)
    }

    /// The membership of a guest.
    pub(super) fn guest(&self, host: &Organization, user: u32) -> Membership {
        Membership {
            organization: host.id,
            user: self.user_id(user),
            role: OrganizationRole::Member,
            source: MembershipSource::Invitation,
            // Behind every account and every organization.
            joined_at: self.now - TimeDelta::milliseconds((user % 1000).into()),
            version: 1,
        }
    }

    /// About one workspace to four of those at home.
    pub(super) fn workspaces(&self, number: u32, of: &Organization) -> Vec<Workspace> {
        let mut dice = self.dice(For::Workspaces, number);
        let at_home = u32::try_from(self.at_home(number).len()).unwrap_or(u32::MAX);
        let count = (at_home.saturating_add(dice.below(4)) / 4).min(MAX_WORKSPACES);
        (1..=count)
            .map(|number| {
                let (id, name) = (WorkspaceId::new(dice.uuid()), WorkspaceName::numbered(number));
                let mut workspace =
                    Workspace::new(id, of.id, name, self.since(of.created_at, &mut dice));
                if let Some(status) = dice.pick(&WorkspaceStatus::ALL) {
                    workspace.status = *status;
                }
                workspace
            })
            .collect()
    }

    /// A live session and the number of the user whose it is; everybody has one
    /// before anybody has two.
    pub(super) fn session(&self, number: u32) -> (u32, Session) {
        let user = number % self.size.users();
        let mut dice = self.dice(For::Session, number);
        let id = SessionId::new(dice.uuid());
        // Young enough to be live, whenever it was used.
        let longest =
            u32::try_from(self.lifetimes.shortest().num_seconds() / 2).unwrap_or(u32::MAX);
        let began = self.now - TimeDelta::seconds(dice.below(longest).into());
        let [_, b, c, d] = dice.below(u32::MAX).to_be_bytes();
        let origin = Origin {
            ip_address: Some(Ipv4Addr::new(10, b, c, d).into()),
            user_agent: dice.pick(&USER_AGENTS).map(|agent| (*agent).to_owned()),
            request_id: None,
        };
        let session = Session::begin(id, self.user_id(user), self.lifetimes, origin, began);
        let last_used = self.since(began, &mut dice);
        (user, session.used(self.lifetimes, last_used).unwrap_or(session))
    }

    /// The bits of the token of a session.
    pub(super) fn token(&self, session: u32) -> [u8; 32] {
        self.dice(For::Token, session).token()
    }

    /// A moment between that one and now.
    fn since(&self, moment: Timestamp, dice: &mut Dice) -> Timestamp {
        let thousandth = (self.now - moment) / 1000;
        let thousandths = i32::try_from(dice.below(1000)).unwrap_or_default();
        truncated(moment + thousandth * thousandths)
    }
}

/// Stores keep microseconds.
fn truncated(moment: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(moment.timestamp_micros()).unwrap_or(moment)
}

/// Organizations are of very different sizes: one of 64 has about eleven times
/// the average, and half of them have less than half of it. Each has a user.
fn homes(size: DemoSize, seed: u64) -> Vec<u32> {
    let weight = |number| 1 + 64 / (1 + Dice::new(seed, For::Size, number).below(64));
    let weights: Vec<u64> = (0..size.organizations()).map(|n| weight(n).into()).collect();
    let (total, spread) = (weights.iter().sum::<u64>(), size.users() - size.organizations());
    let mut before = 0;
    (0..size.organizations())
        .zip(weights)
        .map(|(number, weight)| {
            let more = u64::from(spread) * before / total;
            before += weight;
            number + u32::try_from(more).unwrap_or_default()
        })
        .chain([size.users()])
        .collect()
}

/// Parses what this module wrote itself.
fn made_up<T: FromStr<Err: Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::Internal(format!("{text:?} {error}").into()))
}

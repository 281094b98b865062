//! Changes as text, in the payload of a `NOTIFY`.

use std::fmt;

use guildhall_application::ports::{Changed, Changes};
use guildhall_domain::{OrganizationId, UserId};
use uuid::Uuid;

/// The channel, of which there is one in each database.
pub(super) const CHANNEL: &str = "guildhall_changes";

/// What a node tells others. It is written as the node's id and a letter with an id for
/// each change, or `*`: a message has less than 8,000 bytes, and PostgreSQL takes
/// no more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) node: Uuid,
    pub(super) changes: Changes,
}

const EVERYTHING: &str = "*";
const SERVING_PERIODS: &str = "s";
const PEOPLE_ANYWHERE: &str = "p";

impl Message {
    /// What matters to others of those changes, if anything does.
    pub(super) fn of(node: Uuid, changes: &Changes) -> Option<Self> {
        let changes = match changes {
            Changes::Everything => Changes::Everything,
            Changes::Only(changes) => {
                let matters = |change: &Changed| !matches!(change, Changed::SessionUse(_));
                changes.iter().copied().filter(matters).collect()
            }
        };
        (!changes.is_none()).then_some(Self { node, changes })
    }

    /// Reads one; none where another version wrote what this one does not know.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let node = words.next()?.parse().ok()?;
        let words: Vec<_> = words.collect();
        let changes = match *words {
            [EVERYTHING] => Changes::Everything,
            ref words => words.iter().copied().map(read_change).collect::<Option<_>>()?,
        };
        Some(Self { node, changes })
    }
}

fn read_change(word: &str) -> Option<Changed> {
    match word {
        SERVING_PERIODS => return Some(Changed::ServingPeriods),
        PEOPLE_ANYWHERE => return Some(Changed::PeopleAnywhere),
        _ => {}
    }
    let (kind, id) = word.split_at_checked(1)?;
    let id: Uuid = id.parse().ok()?;
    Some(match kind {
        "a" => Changed::Account(UserId::new(id)),
        "m" => Changed::Memberships(UserId::new(id)),
        "o" => Changed::Organization(OrganizationId::new(id)),
        "p" => Changed::People(OrganizationId::new(id)),
        _ => return None,
    })
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.node.simple())?;
        let changes = match &self.changes {
            Changes::Everything => return write!(f, " {EVERYTHING}"),
            Changes::Only(changes) => changes,
        };
        for change in changes {
            match change {
                Changed::Account(id) => write!(f, " a{}", id.as_uuid().simple())?,
                Changed::Memberships(id) => write!(f, " m{}", id.as_uuid().simple())?,
                Changed::Organization(id) => write!(f, " o{}", id.as_uuid().simple())?,
                Changed::People(id) => write!(f, " p{}", id.as_uuid().simple())?,
                Changed::ServingPeriods => write!(f, " {SERVING_PERIODS}")?,
                Changed::PeopleAnywhere => write!(f, " {PEOPLE_ANYWHERE}")?,
                // No message has one.
                Changed::SessionUse(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::SessionId;

    use super::*;

    const NODE: Uuid = Uuid::from_u128(1);

    fn all() -> Changes {
        let id = Uuid::from_u128(7);
        [
            Changed::Account(UserId::new(id)),
            Changed::Memberships(UserId::new(id)),
            Changed::Organization(OrganizationId::new(id)),
            Changed::People(OrganizationId::new(id)),
            Changed::ServingPeriods,
            Changed::PeopleAnywhere,
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn what_is_written_is_read() {
        for changes in [all(), Changes::Everything] {
            let message = Message::of(NODE, &changes).unwrap();
            assert_eq!(Message::read(&message.to_string()), Some(message));
        }
    }

    #[test]
    fn what_matters_to_nobody_else_is_not_told() {
        let mut changes = Changes::none();
        assert_eq!(Message::of(NODE, &changes), None);
        changes.add(Changed::SessionUse(SessionId::new(NODE)));
        assert_eq!(Message::of(NODE, &changes), None);
        changes.add(Changed::ServingPeriods);
        let told = Message::of(NODE, &changes).unwrap().changes;
        assert_eq!(told, [Changed::ServingPeriods].into_iter().collect());
    }

    #[test]
    fn the_longest_message_is_one_that_postgresql_takes() {
        let user = |number: usize| UserId::new(Uuid::from_u128(number as u128));
        let most: Changes = (0..Changes::MOST).map(user).map(Changed::Account).collect();
        assert!(matches!(&most, Changes::Only(changes) if changes.len() == Changes::MOST));
        assert!(Message::of(NODE, &most).unwrap().to_string().len() < 8000);
        let more: Changes = (0..=Changes::MOST).map(user).map(Changed::Account).collect();
        assert_eq!(more, Changes::Everything);
    }

    #[test]
    fn what_another_version_writes_is_not_understood() {
        let node = NODE.simple();
        for text in ["", "x", &format!("{node} z"), &format!("{node} a7"), &format!("{node} * s")] {
            assert_eq!(Message::read(text), None, "{text}");
        }
    }
}

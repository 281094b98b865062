//! Letters that were sent, and that were not.

use std::sync::Arc;

use async_trait::async_trait;
use guildhall_application::ports::{Letter, MailError, Mailer};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

const SENT: &str = "sent";
const UNAVAILABLE: &str = "unavailable";
const REFUSED: &str = "refused";

/// Counts letters by what became of them. Clones share their counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailCounters(Family<Outcome, Counter>);

impl MailCounters {
    pub(super) fn register(&self, registry: &mut Registry) {
        for outcome in [SENT, UNAVAILABLE, REFUSED] {
            drop(self.0.get_or_create(&Outcome { outcome }));
        }
        registry.register(
            "guildhall_mail_attempts",
            "Letters handed to the mail server: taken, not now, or never",
            self.0.clone(),
        );
    }

    fn count(&self, sent: &Result<(), MailError>) {
        let outcome = match sent {
            Ok(()) => SENT,
            Err(MailError::Unavailable(_)) => UNAVAILABLE,
            Err(MailError::Refused(_)) => REFUSED,
        };
        self.0.get_or_create(&Outcome { outcome }).inc();
    }
}

/// A mailer that counts.
pub(crate) struct CountingMailer {
    /// What sends.
    pub(crate) mailer: Arc<dyn Mailer>,
    /// Where that is counted.
    pub(crate) counters: MailCounters,
}

#[async_trait]
impl Mailer for CountingMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let sent = self.mailer.send(letter).await;
        self.counters.count(&sent);
        sent
    }
}

#[cfg(test)]
mod tests {
    use guildhall_application::ports::MockMailer;

    use super::*;

    #[tokio::test]
    async fn letters_are_counted_by_what_became_of_them() {
        let mut mailer = MockMailer::new();
        let mut answers = vec![
            Err(MailError::Refused("no such user".to_owned())),
            Err(MailError::Unavailable("greylisted".to_owned())),
            Ok(()),
            Ok(()),
        ];
        mailer.expect_send().times(4).returning(move |_| answers.pop().unwrap());
        let counters = MailCounters::default();
        let mailer = CountingMailer { mailer: Arc::new(mailer), counters: counters.clone() };
        let letter = Letter {
            to: "ada@acme.com".parse().unwrap(),
            subject: "Hello".to_owned(),
            text: "Hello".to_owned(),
        };
        for is_sent in [true, true, false, false] {
            assert_eq!(mailer.send(&letter).await.is_ok(), is_sent);
        }
        for (outcome, count) in [(SENT, 2), (UNAVAILABLE, 1), (REFUSED, 1)] {
            assert_eq!(counters.0.get_or_create(&Outcome { outcome }).get(), count, "{outcome}");
        }
    }
}

//! Random ids.

use guildhall_application::ports::IdGenerator;
use uuid::Uuid;

/// Ids from the operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the generator that others ask")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

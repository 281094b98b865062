//! Organizations: the list, the single one, and how they come to be.

mod ensure_default;
pub(crate) mod founding;
mod get;
mod list;

pub use ensure_default::EnsureDefaultOrganization;
pub use get::GetOrganization;
pub use list::ListOrganizations;

//! Listings come in pages.

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds; may be empty although another page follows.
    pub items: Vec<T>,
    /// What to ask for the page after it; none at the end.
    pub next: Option<String>,
}

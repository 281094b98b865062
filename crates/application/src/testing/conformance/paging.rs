//! Lists, page by page.

use std::{collections::HashSet, fmt::Debug};

use uuid::Uuid;

use crate::{Cursor, PageRequest};

/// Reads a list to its end, seven rows at a time, and lets rows come and go
/// after each page. Every row of `lasting`, which stay, has to come, none
/// twice, and all in order.
pub(super) async fn read_through<T: Debug>(
    lasting: &[Uuid],
    read: impl AsyncFn(PageRequest) -> Vec<T>,
    cursor: impl Fn(&T) -> Cursor,
    mut come_and_go: impl AsyncFnMut(),
) {
    let mut seen = Vec::new();
    let mut page = PageRequest { after: None, limit: 7 };
    loop {
        let rows = read(page).await;
        assert!(rows.len() <= 7, "{rows:?}");
        seen.extend(rows.iter().map(&cursor).map(|cursor| (cursor.created_at, cursor.id)));
        let Some(last) = rows.last() else { break };
        page.after = Some(cursor(last));
        come_and_go().await;
    }
    assert!(seen.iter().rev().is_sorted(), "newest first across pages");
    let distinct: HashSet<_> = seen.iter().map(|(_, id)| *id).collect();
    assert_eq!(distinct.len(), seen.len(), "no row comes twice");
    assert!(lasting.iter().all(|id| distinct.contains(id)), "none is left out");
}

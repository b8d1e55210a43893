//! Spreads work over the cores. What comes out does not depend on how many there are.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, available_parallelism, scope};

/// More threads than this are not started, however many cores there are.
const MOST_THREADS: usize = 4;
/// For fewer things no thread is started.
const FEWEST: usize = 2;
/// With a tool, each thread takes this many runs of neighbours, or more: what one finds out with it serves the next one most.
const RUNS: usize = 2;
/// Longer runs would leave threads without work at the end.
const MOST_RUN: usize = 16;
/// Code is read by functions that call themselves, as deep as the code is nested.
const STACK: usize = 8 << 20;

/// Does one thing to each item, and returns what came out in the order of the items. Each thread works with a tool of its
/// own.
pub(crate) fn map_with<T: Sync, W, R: Send>(
    items: &[T],
    tool: impl Fn() -> W + Sync,
    act: impl Fn(&W, &T) -> R + Sync,
) -> Vec<R> {
    let run = (items.len() / (MOST_THREADS * RUNS)).clamp(1, MOST_RUN);
    map_runs(items, run, tool, act)
}

fn map_runs<T: Sync, W, R: Send>(
    items: &[T],
    run: usize,
    tool: impl Fn() -> W + Sync,
    act: impl Fn(&W, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (tool, mut made) = (tool(), Vec::new());
        loop {
            let start = next.fetch_add(run, Ordering::Relaxed);
            // Runs are taken as threads become free, so that slow items do not hold up the others.
            let own = items.iter().enumerate().skip(start).take(run);

            if start >= items.len() {
                return made;
            }
            own.for_each(|(at, item)| made.push((at, act(&tool, item))));
        }
    };

    let mut made = scope(|scope| {
        let more = thread_count(items.len()).saturating_sub(1);
        let helpers: Vec<_> =
            // A thread that cannot be started leaves its work to the others.
            (0..more).filter_map(|_| Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()).collect();
        let mut made = work();

        for helper in helpers {
            made.extend(helper.join().unwrap_or_else(|fault| resume_unwind(fault)));
        }
        made
    });

    // Threads finish in any order; the result must not depend on it.
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, result)| result).collect()
}

/// Does one thing to each item, and returns what came out in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_runs(items, 1, || (), |(), item| act(item))
}

fn thread_count(items: usize) -> usize {
    if items < FEWEST { 1 } else { available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS) }
}

#[cfg(test)]
mod tests {
    use super::{map, map_with};

    #[test]
    fn what_comes_out_is_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(map(&items, |item| item * 2), (0..2_000).step_by(2).collect::<Vec<_>>());
        assert_eq!(map_with(&items, || 2, |tool, item| item * tool), (0..2_000).step_by(2).collect::<Vec<_>>());
    }
}

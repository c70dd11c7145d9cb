//! The runtime on which a served cloud lives.

use std::future::Future;
use std::io;

/// Runs a future on a runtime of one thread whose clock runs as the machine's does and can be let run ahead.
///
/// `prepare` is called first, while the clock stands: a cloud made in it begins exactly on tokio's millisecond grid, as
/// later jumps need it ([`super::jump`]).
///
/// # Errors
///
/// When the system gives no runtime.
pub fn in_real_time<T, F: Future>(prepare: impl FnOnce() -> T, run: impl FnOnce(T) -> F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let prepared = prepare();
        tokio::time::resume();
        run(prepared).await
    }))
}

//! Starts the program; what it does begins in [`huitu::cli`].

use std::ffi::{c_int, c_long};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The smallest piece of memory that mimalloc 3 gives back to the system, in KiB (`mi_option_minimal_purge_size` of its `mimalloc.h`).
const MINIMAL_PURGE_SIZE: c_int = 44;
/// A huge page. By default it is torn for 64 KiB that were free for a second, and what is asked for next comes in pages of 4 KiB, each
/// cleared for a fault of its own: a tenth of what a day of a large city costs.
const HUGE_PAGE: c_long = 2_048;

unsafe extern "C" {
    fn mi_option_set(option: c_int, value: c_long);
}

fn main() -> ExitCode {
    // SAFETY: a setting of the allocator that is linked here, before there is a second thread.
    unsafe { mi_option_set(MINIMAL_PURGE_SIZE, HUGE_PAGE) };
    huitu::cli::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn mi_option_get(option: c_int) -> c_long;
    }

    #[test]
    fn the_number_of_the_setting_is_that_of_the_allocator() {
        // SAFETY: settings are read.
        let of = |option| unsafe { mi_option_get(option) };
        // Its neighbours are known by what they are by default: huge pages are allowed, and objects of 256 MiB come from arenas.
        assert_eq!((of(MINIMAL_PURGE_SIZE - 1), of(MINIMAL_PURGE_SIZE)), (1, 0));
        assert!(of(MINIMAL_PURGE_SIZE + 1) >= 256 << 10);
    }
}

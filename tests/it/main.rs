//! End to end, over simcloud, in virtual time.

mod architecture;
mod main_loop;

//! End to end, over simcloud, in virtual time.

mod main_loop;

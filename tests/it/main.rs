//! End to end, over simcloud, in virtual time.

mod architecture;
mod bad_input;
mod bounds;
mod clocks;
mod codes;
mod crashes;
mod deletion;
mod demo;
mod doubts;
mod drift;
mod events_lost;
mod floor;
mod holds;
mod identity;
mod interleavings;
mod lost;
mod main_loop;
mod manual;
mod mended;
mod rebuild;
mod recreated;
mod seals;
mod sessions;
mod start;
mod strangers;
mod weather;

//! parlor-tests

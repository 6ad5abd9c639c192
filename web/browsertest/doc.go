// Package browsertest runs a real Chromium for tests of the pages.
//
// A test asks for one with Start, and is skipped unless the variable SLUICE_E2E is set and a Chromium is installed: `make e2e` sets it. The
// browser is headless, starts with an empty profile, and is closed with the test. It keeps what it complained about, and every request that
// would have left the machine; Clean fails the test for them.
package browsertest

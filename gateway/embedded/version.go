package embedded

import (
	"errors"
	"fmt"
)

// storesDefaults reports whether the version writes the defaults of the schemas into what it stores, as those before 3.14
// do. What else sets the older version apart hangs on it too.
func (c Config) storesDefaults() bool {
	var major, minor int
	if _, err := fmt.Sscanf(c.Version, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major < 3 || major == 3 && minor < 14
}

func (g *Gateway) storesDefaults() bool { return g.cfg.storesDefaults() }

// fits reports settings that contradict each other.
func (c Config) fits() error {
	switch {
	case c.Standalone && c.StateFile != "":
		return errors.New("embedded gateway: standalone mode keeps nothing over a restart, so it takes no state file")
	case c.Standalone && c.storesDefaults():
		return fmt.Errorf("embedded gateway: standalone mode is that of 3.18, not of %s", c.Version)
	}
	return nil
}

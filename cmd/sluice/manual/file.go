package manual

import "github.com/sluice-gitops/sluice/settings"

// fileText is the page of the daemon's own file.
func fileText(version string) string {
	r := newPage("sluice-daemon.yaml", "5", version)
	r.section("NAME")
	r.line("sluice-daemon.yaml - where the gateways of Sluice are, and how to log in to them")
	r.section("DESCRIPTION")
	r.text(`The daemon's own file, in YAML. Relative paths in it begin at its directory. Unknown keys are faults, and all faults are told at once.
Nothing in it is a secret: secrets are in files or environment variables that it names.

A key is written here with dots: a.b is the key b below the key a. NAME stands for a name of your choice, [] for the items of a list.`)
	r.section("KEYS")
	for _, key := range settings.Keys() {
		meaning := key.Meaning + "."
		if key.Default != "" {
			meaning += " Default: " + key.Default + "."
		}
		r.term(key.Path, meaning)
	}
	r.section("FILES")
	r.term("/etc/sluice/sluice-daemon.yaml", "where the unit of the packages looks for it")
	r.term("/var/lib/sluice", "the journal and the mirror, unless the file says otherwise")
	r.section("SEE ALSO")
	r.line("sluice(1), sluice-run(1), sluice-schema(1)")
	return r.String()
}

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// unreleased is the version of the chart, and of the program that it installs, in the source.
const unreleased = "0.0.0-dev"

// chart packs the Helm chart with the version of the release.
func (b build) chart() error {
	members, err := membersOf(os.DirFS(filepath.Join(b.source, "deploy", "helm")), "sluice", "")
	if err != nil {
		return err
	}
	found := false
	for i := range members {
		if members[i].name == "sluice/Chart.yaml" {
			found = bytes.Count(members[i].data, []byte(unreleased)) == 2
			members[i].data = bytes.ReplaceAll(members[i].data, []byte(unreleased), []byte(b.Version))
		}
	}
	if !found {
		return errors.New("sluice/Chart.yaml does not say " + unreleased + " twice, as version and as appVersion")
	}
	return b.writeArchive("sluice-chart-"+b.Version+".tgz", members)
}

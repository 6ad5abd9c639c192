package simulation

import "slices"

// stand is one environment of the simulated config repo.
type stand struct {
	name  string
	after []string
	waves [][]string
}

// groups returns the gateway groups, wave by wave.
func (s stand) groups() []string { return slices.Concat(s.waves...) }

// layouts are the shapes that environments have, in order of stages.
func layouts() [][]stand {
	test := stand{name: "test", waves: [][]string{{"test"}}}
	uat := stand{name: "uat", after: []string{"test"}, waves: [][]string{{"uat"}}}
	return [][]stand{
		{test, {name: "prod", after: []string{"test"}, waves: [][]string{{"prod-eu"}, {"prod-us"}}}},
		{test, uat, {name: "prod", after: []string{"uat"}, waves: [][]string{{"prod-eu", "prod-us"}}}},
		{test, {name: "load", after: []string{"test"}, waves: [][]string{{"load"}}}, uat,
			{name: "prod", after: []string{"load", "uat"}, waves: [][]string{{"prod-eu"}}}},
	}
}

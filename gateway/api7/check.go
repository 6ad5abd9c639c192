package api7

import (
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// Check tells what API7 Enterprise can't hold of a resource, in order of field; nil when it holds all of it. The API itself would
// drop most of these fields without a word. It needs no gateway, and knows nothing of what schemas say.
func Check(r gateway.Resource) []gateway.Fault { return schema.API7(r) }

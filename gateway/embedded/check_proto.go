package embedded

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var protoImport = regexp.MustCompile(`(?m)^\s*import\s+(?:public\s+|weak\s+)?"([^"]*)"`)

// checkProto looks whether the text begins as a proto file can, and imports nothing: there is no compiler here.
func checkProto(content string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(content), " ")
	keywords := []string{"syntax", "package", "import", "option", "message", "enum", "service", "edition", "//", "/*"}
	if !slices.ContainsFunc(keywords, func(keyword string) bool { return strings.HasPrefix(first, keyword) }) {
		return fmt.Errorf("invalid content: unknown keyword '%s'", first)
	}
	for _, found := range protoImport.FindAllStringSubmatch(content, -1) {
		if !strings.HasPrefix(found[1], "google/protobuf/") {
			return fmt.Errorf("invalid content: module load error: %s", found[1])
		}
	}
	return nil
}

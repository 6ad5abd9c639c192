package admin

import (
	"strings"
	"testing"
)

func TestAdminURLIsNotRepeated(t *testing.T) {
	if _, err := Base("htps://admin:hunter2@eu:9180", "/apisix/admin"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("err = %v", err)
	}
}

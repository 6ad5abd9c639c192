//go:build !linux

package giteatest

import "syscall"

func diesWithParent() *syscall.SysProcAttr { return nil }

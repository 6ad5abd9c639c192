package memory

import (
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

// machine is a file system with the files of control groups.
func machine(files map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestLimit(t *testing.T) {
	const own, memory = "proc/self/cgroup", "sys/fs/cgroup/memory/"
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no control groups":     {nil, 0},
		"a container":           {map[string]string{own: "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		"no limit":              {map[string]string{own: "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 0},
		"a service":             {map[string]string{own: "0::/system.slice/sluice.service\n", "sys/fs/cgroup/system.slice/sluice.service/memory.max": "300\n"}, 300},
		"a tighter one above":   {map[string]string{own: "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "300\n", "sys/fs/cgroup/a/memory.max": "200\n"}, 200},
		"a looser one above":    {map[string]string{own: "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "300\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 300},
		"where it is throttled": {map[string]string{own: "0::/\n", "sys/fs/cgroup/memory.max": "300\n", "sys/fs/cgroup/memory.high": "250\n"}, 250},
		"version 1":             {map[string]string{own: "5:cpu:/x\n4:memory:/x\n0::/\n", memory + "x/memory.limit_in_bytes": "400\n", memory + "memory.limit_in_bytes": "9223372036854771712\n"}, 400},
		"version 1, none":       {map[string]string{own: "4:memory:/\n", memory + "memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"version 1, its group is not seen from inside": {
			map[string]string{own: "4:memory:/docker/0123\n", memory + "memory.limit_in_bytes": "500\n"}, 500},
		"a group that leads out":  {map[string]string{own: "0::/../../x\n", "sys/fs/cgroup/x/memory.max": "300\n"}, 300},
		"a line that is none":     {map[string]string{own: "memory\n\n0::/\n", "sys/fs/cgroup/memory.max": "300"}, 300},
		"a number that is none":   {map[string]string{own: "0::/\n", "sys/fs/cgroup/memory.max": "plenty"}, 0},
		"nothing may be had":      {map[string]string{own: "0::/\n", "sys/fs/cgroup/memory.max": "0"}, 0},
		"another controller's":    {map[string]string{own: "4:cpu:/x\n", memory + "x/memory.limit_in_bytes": "400\n"}, 0},
		"a hierarchy with a name": {map[string]string{own: "9:name=systemd:/\n", "sys/fs/cgroup/memory.max": "300"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Limit(machine(test.files)); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestCollect sets what nobody has set, and nothing else.
func TestCollect(t *testing.T) {
	container := map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}
	for name, test := range map[string]struct {
		files, set map[string]string
		want       Collecting
	}{
		"in a container":            {container, nil, Collecting{1 << 30 / 100 * 90, 50}},
		"without a limit":           {nil, nil, Collecting{0, 50}},
		"GOGC was set":              {container, map[string]string{"GOGC": "70"}, Collecting{1 << 30 / 100 * 90, 70}},
		"GOGC was switched off":     {container, map[string]string{"GOGC": "off"}, Collecting{1 << 30 / 100 * 90, -1}},
		"GOMEMLIMIT was set":        {container, map[string]string{"GOMEMLIMIT": "700MiB"}, Collecting{700 << 20, 50}},
		"both were":                 {container, map[string]string{"GOGC": "70", "GOMEMLIMIT": "700MiB"}, Collecting{700 << 20, 70}},
		"an empty one sets nothing": {container, map[string]string{"GOMEMLIMIT": ""}, Collecting{1 << 30 / 100 * 90, 50}},
	} {
		t.Run(name, func(t *testing.T) {
			asGoDid(t, test.set)
			got := Collect(machine(test.files), func(name string) string { return test.set[name] })
			if got != test.want || current() != test.want {
				t.Errorf("got %+v, and it is %+v, want %+v", got, current(), test.want)
			}
		})
	}
}

// asGoDid sets what the runtime takes from the variables at the start of a process.
func asGoDid(t *testing.T, set map[string]string) {
	percent, limit := 100, int64(math.MaxInt64)
	switch set["GOGC"] {
	case "70":
		percent = 70
	case "off":
		percent = -1
	}
	if set["GOMEMLIMIT"] != "" {
		limit = 700 << 20
	}
	before := debug.SetGCPercent(percent)
	debug.SetMemoryLimit(limit)
	t.Cleanup(func() {
		debug.SetGCPercent(before)
		debug.SetMemoryLimit(math.MaxInt64)
	})
}

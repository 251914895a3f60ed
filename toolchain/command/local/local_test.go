package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func secret(text string) property.Value { return property.New(text).WithSecret(true) }

func inputs(values map[string]property.Value) property.Map { return property.NewMap(values) }

func TestValidate(t *testing.T) {
	cases := map[string]struct {
		name  string
		value property.Value
		want  string
	}{
		"string":            {"create", property.New("true"), ""},
		"secret":            {"stdin", secret("hunter22"), ""},
		"not yet known":     {"create", property.New(property.Computed), ""},
		"null":              {"update", property.New(property.Null), ""},
		"engine's own":      {"__defaults", property.New(1.0), ""},
		"number":            {"create", property.New(1.0), "expected a string"},
		"boolean as string": {"addPreviousOutputInEnv", property.New("true"), "expected true or false"},
		"list":              {"interpreter", property.New([]property.Value{property.New("sh"), property.New(1.0)}), "expected a list of strings"},
		"unknown level":     {"logging", property.New("loud"), "expected one of stdout, stderr, stdoutAndStderr, none"},
		"variable's value":  {"environment", property.New(map[string]property.Value{"A": property.New(true)}), "A: expected a string"},
		"variable's name":   {"environment", property.New(map[string]property.Value{"A=B": property.New("")}), `"A=B" is not the name of an environment variable`},
		"left out":          {"assetPaths", property.New([]property.Value{}), "does not know it"},
		"misspelt":          {"creates", property.New("true"), "does not know it"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			failures := validate(inputs(map[string]property.Value{c.name: c.value}))
			switch {
			case c.want == "" && len(failures) > 0:
				t.Fatalf("got %v, want none", failures)
			case c.want != "" && (len(failures) != 1 || failures[0].Property != c.name || !strings.Contains(failures[0].Reason, c.want)):
				t.Fatalf("got %v, want one of %s with %q", failures, c.name, c.want)
			}
		})
	}
}

func TestRedactor(t *testing.T) {
	in := inputs(map[string]property.Value{
		"stdin":       secret("CREATE ROLE a PASSWORD 'p4ssw0rd';\nabc\n  indented-secret\n"),
		"environment": property.New(map[string]property.Value{"TOKEN": secret("t0ken"), "HOME": property.New("/home/plain")}),
		"triggers":    property.New([]property.Value{property.New("t0ken-and-more")}).WithSecret(true),
	})
	r := newRedactor(in, inputs(map[string]property.Value{"stdout": secret("earlier output")}))
	got := r.clean("at t0ken-and-more, t0ken, abc, indented-secret, /home/plain, earlier output: CREATE ROLE a PASSWORD 'p4ssw0rd';")
	want := "at [secret], [secret], abc, [secret], /home/plain, [secret]: [secret]"
	if got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestTaint(t *testing.T) {
	plain, earlier := property.New("plain"), inputs(map[string]property.Value{"stdout": secret("s")})
	cases := []struct {
		name     string
		in       map[string]property.Value
		previous property.Map
		want     bool
	}{
		{"nothing secret", map[string]property.Value{"stdin": plain}, property.Map{}, false},
		{"stdin", map[string]property.Value{"stdin": secret("s")}, property.Map{}, true},
		{"unknown secret", map[string]property.Value{"stdin": property.New(property.Computed).WithSecret(true)}, property.Map{}, true},
		{"one variable", map[string]property.Value{"environment": property.New(map[string]property.Value{"A": secret("s")})}, property.Map{}, true},
		{"earlier output in the environment", map[string]property.Value{"stdin": plain}, earlier, true},
		{"earlier output kept out", map[string]property.Value{"addPreviousOutputInEnv": property.New(false)}, earlier, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := isTainted(inputs(c.in), c.previous); got != c.want {
				t.Fatalf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestRun(t *testing.T) {
	previous := inputs(map[string]property.Value{"stdout": property.New("before")})
	got, err := run(t.Context(), newExecution(`cat; echo "$A $0 $PULUMI_COMMAND_STDOUT[$PULUMI_COMMAND_STDERR]"; pwd; printf 'bad\377\n\n' >&2`,
		inputs(map[string]property.Value{
			"stdin":       property.New("in "),
			"dir":         property.New("/"),
			"environment": property.New(map[string]property.Value{"A": property.New("a b")}),
			"interpreter": property.New([]property.Value{property.New("/bin/sh"), property.New("-c")}),
		}), previous))
	if err != nil {
		t.Fatal(err)
	}
	if want := "in a b /bin/sh before[]\n/"; got.stdout != want {
		t.Errorf("stdout: got %q, want %q", got.stdout, want)
	}
	if want := "bad\uFFFD\n"; got.stderr != want {
		t.Errorf("stderr: got %q, want %q", got.stderr, want)
	}
}

func TestFailureNamesTheCommandAndHidesSecrets(t *testing.T) {
	in := inputs(map[string]property.Value{"stdin": secret("hunter22\n")})
	_, err := run(t.Context(), newExecution(`read line; echo "no role $line" >&2; exit 3`, in, property.Map{}))
	want := "exit status 3: running \"read line; echo \\\"no role $line\\\" >&2; exit 3\":\nno role [secret]\n"
	if err == nil || err.Error() != want {
		t.Fatalf("got  %v\nwant %s", err, want)
	}
}

func TestCancelKillsTheProcessGroup(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for os.Getenv("NEVER") == "" { // Until the grandchild has said who it is.
			if data, _ := os.ReadFile(pidFile); strings.HasSuffix(string(data), "\n") {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	command := fmt.Sprintf("sleep 300 & echo $! > '%s'; wait", pidFile)
	_, err := run(ctx, newExecution(command, property.Map{}, property.Map{}))
	if err == nil || !strings.HasPrefix(err.Error(), "cancelled: ") {
		t.Fatalf("got %v, want a cancelled command", err)
	}
	data, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	// The kernel takes its time to end what was killed.
	for deadline := time.Now().Add(5 * time.Second); runs(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

// A zombie waits for whoever adopts orphans here and still has its number; it runs no more.
func runs(pid int) bool {
	return syscall.Kill(pid, 0) == nil && !isZombie(pid)
}

func isZombie(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(status), ") Z ")
}

func TestLineLogger(t *testing.T) {
	var lines []string
	logger := &lineLogger{log: func(line string) { lines = append(lines, line) }}
	long := strings.Repeat("x", maxLogLine)
	for _, piece := range []string{"a", "b\n\nc\n", long, "y\n", "end"} {
		if _, err := logger.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	logger.flush()
	if want := []string{"ab", "", "c", long, "y", "end"}; !slices.Equal(lines, want) {
		t.Fatalf("got %d lines, want %d", len(lines), len(want))
	}
}

func TestDiff(t *testing.T) {
	list := func(values ...string) property.Value {
		var array []property.Value
		for _, value := range values {
			array = append(array, property.New(value))
		}
		return property.New(array)
	}
	cases := map[string]struct {
		old, new map[string]property.Value
		want     map[string]provider.DiffKind
	}{
		"nothing":          {map[string]property.Value{"create": property.New("a")}, map[string]property.Value{"create": property.New("a")}, map[string]provider.DiffKind{}},
		"command":          {map[string]property.Value{"create": property.New("a")}, map[string]property.Value{"create": property.New("b")}, map[string]provider.DiffKind{"create": provider.Update}},
		"trigger changed":  {map[string]property.Value{"triggers": list("a", "b")}, map[string]property.Value{"triggers": list("a", "c")}, map[string]provider.DiffKind{"triggers[1]": provider.UpdateReplace}},
		"trigger unknown":  {map[string]property.Value{"triggers": list("a")}, map[string]property.Value{"triggers": property.New([]property.Value{property.New(property.Computed)})}, map[string]provider.DiffKind{"triggers[0]": provider.UpdateReplace}},
		"triggers added":   {map[string]property.Value{}, map[string]property.Value{"triggers": list("a")}, map[string]provider.DiffKind{"triggers": provider.AddReplace}},
		"stdin taken away": {map[string]property.Value{"stdin": secret("a")}, map[string]property.Value{}, map[string]provider.DiffKind{"stdin": provider.Delete}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := diff(t.Context(), provider.DiffRequest{OldInputs: inputs(c.old), Inputs: inputs(c.new)})
			if err != nil {
				t.Fatal(err)
			}
			if got.HasChanges != (len(c.want) > 0) || len(got.DetailedDiff) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for path, kind := range c.want {
				if got.DetailedDiff[path].Kind != kind {
					t.Errorf("%s: got %s, want %s", path, got.DetailedDiff[path].Kind, kind)
				}
			}
		})
	}
}

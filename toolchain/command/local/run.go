package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// stopGrace is how long a cancelled command may take to end after SIGTERM before its process group gets SIGKILL.
const stopGrace = 5 * time.Second

// execution is one run of one command.
type execution struct {
	command     string
	interpreter []string
	dir         string
	environment []string
	stdin       string
	logging     string
	redact      redactor
}

type result struct{ stdout, stderr string }

// newExecution reads the inputs. They are known and valid: the engine has checked them and asks for nothing unknown outside
// a preview.
func newExecution(command string, inputs, previous property.Map) execution {
	run := execution{
		command:     command,
		interpreter: []string{"/bin/sh", "-c"},
		environment: os.Environ(),
		redact:      newRedactor(inputs, previous),
		logging:     "stdoutAndStderr",
	}
	if isTainted(inputs, previous) {
		// Only values that were handed in can be taken out of a line; what a command derives from them cannot.
		run.logging = "none"
	}
	if value := inputs.Get("logging"); value.IsString() {
		run.logging = value.AsString()
	}
	if value := inputs.Get("dir"); value.IsString() {
		run.dir = value.AsString()
	}
	if value := inputs.Get("stdin"); value.IsString() {
		run.stdin = value.AsString()
	}
	if value := inputs.Get("interpreter"); value.IsArray() && value.AsArray().Len() > 0 {
		run.interpreter = nil
		for _, word := range value.AsArray().All {
			run.interpreter = append(run.interpreter, word.AsString())
		}
	}
	if value := inputs.Get("environment"); value.IsMap() {
		for name, text := range value.AsMap().AllStable {
			run.environment = append(run.environment, name+"="+text.AsString())
		}
	}
	if passesPreviousOutput(inputs) {
		run.environment = appendIfSet(run.environment, "PULUMI_COMMAND_STDOUT", previous.Get("stdout"))
		run.environment = appendIfSet(run.environment, "PULUMI_COMMAND_STDERR", previous.Get("stderr"))
	}
	return run
}

func passesPreviousOutput(inputs property.Map) bool {
	value := inputs.Get("addPreviousOutputInEnv")
	return !value.IsBool() || value.AsBool()
}

func appendIfSet(environment []string, name string, value property.Value) []string {
	if !value.IsString() || value.AsString() == "" {
		return environment
	}
	return append(environment, name+"="+value.AsString())
}

// run starts the command in a process group of its own and waits for it. It fails if the command cannot be started, ends with
// an exit code other than 0, or is cancelled; the error has the command and all that it printed, secrets taken out.
func run(ctx context.Context, e execution) (result, error) {
	var stdout, stderr, both bytes.Buffer
	combined := &lockedWriter{writer: &both}
	logger := &lineLogger{log: func(line string) { provider.GetLogger(ctx).InfoStatus(e.redact.clean(line)) }}
	logs := &lockedWriter{writer: logger}

	command := exec.Command(e.interpreter[0], append(e.interpreter[1:len(e.interpreter):len(e.interpreter)], e.command)...)
	command.Dir = e.dir
	command.Env = e.environment
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Stdout = io.MultiWriter(&stdout, combined, logs.when(e.logging == "stdout" || e.logging == "stdoutAndStderr"))
	command.Stderr = io.MultiWriter(&stderr, combined, logs.when(e.logging == "stderr" || e.logging == "stdoutAndStderr"))
	if e.stdin != "" {
		command.Stdin = strings.NewReader(e.stdin)
	}

	err := ctx.Err()
	if err == nil {
		err = command.Start()
	}
	if err == nil {
		stop := stopGroupWhenDone(ctx, command.Process.Pid)
		err = command.Wait()
		if stop() && err != nil {
			err = fmt.Errorf("cancelled: %w", context.Cause(ctx))
		}
	}
	logger.flush()
	if err != nil {
		return result{}, fmt.Errorf("%w: running %q:\n%s", err, e.redact.clean(e.command), e.redact.clean(both.String()))
	}
	return result{stdout: output(&stdout), stderr: output(&stderr)}, nil
}

// stopGroupWhenDone ends the process group when the context ends. The returned function must be called once the command's
// first process is gone; it tells whether the context ended before, and in that case has killed what was left of the group.
func stopGroupWhenDone(ctx context.Context, group int) func() bool {
	exited := make(chan struct{})
	stopped := make(chan bool)
	go func() {
		select {
		case <-exited:
			stopped <- false
			return
		case <-ctx.Done():
		}
		// Errors mean that no process is left in the group.
		_ = syscall.Kill(-group, syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(stopGrace):
		}
		_ = syscall.Kill(-group, syscall.SIGKILL)
		stopped <- true
	}()
	return func() bool {
		close(exited)
		return <-stopped
	}
}

// output trims the line end that almost every command prints last. State is UTF-8: other bytes are replaced.
func output(buffer *bytes.Buffer) string {
	return strings.ToValidUTF8(strings.TrimSuffix(buffer.String(), "\n"), "\uFFFD")
}

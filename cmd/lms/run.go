package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"lyceum/component"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/lms"
	"lyceum/web/lms/account"
)

// commands is the whole command line. Every flag may stand before or after the arguments; LMS_ variables set what flags
// leave open, see config.go.
type commands struct {
	Data    string `help:"Directory of everything this site keeps." default:"./lms-data" placeholder:"DIR" setting:"LMS_DATA"`
	Verbose bool   `help:"Write debugging lines to the log." setting:"LMS_VERBOSE"`

	Serve   serveCommand   `cmd:"" help:"Serve the site: pages, files, jobs."`
	Migrate migrateCommand `cmd:"" help:"Bring the database schema up to date, show its state."`
	Doctor  doctorCommand  `cmd:"" help:"Check configuration, stores, mail, disk; exit 1 when something is broken."`
	User    userCommand    `cmd:"" help:"Accounts: create, password, grant, list."`
	Course  courseCommand  `cmd:"" help:"Courses: import, publish, export, inspect, list, delete."`
	Enroll  enrollCommand  `cmd:"" help:"Enroll a person in a course."`
	Problem problemCommand `cmd:"" help:"Problems: grade."`
	Grade   gradeCommand   `cmd:"" help:"Grades: report."`
	Grader  graderCommand  `cmd:"" help:"Queues of external graders: queue, user, list, retire."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Jail jailCommand `cmd:"" hidden:""`
}

// environment is what commands run with.
type environment struct {
	ctx    context.Context
	getenv func(string) string
	streams
	log  *slog.Logger
	data string
}

// Exit codes: done, refused or failed, wrong usage.
const (
	exitDone = iota
	exitFailed
	exitUsage
)

// errReported ends a command with exit 1 when it has said everything itself.
var errReported = errors.New("already reported")

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, std streams) int {
	var cli commands
	exited := -1
	parser, err := kong.New(
		&cli,
		kong.Name("lms"), kong.Description("Lyceum, an online learning platform."),
		kong.Writers(std.out, std.err), kong.UsageOnError(),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Resolvers(settings(getenv)),
	)
	if err != nil {
		panic(err) // a mistake in the struct above
	}
	if name := unknownCommand(args, parser.Model.Node); name != "" {
		fmt.Fprintf(std.err, "unknown command %s\n", name)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help printed itself
		return exited
	}
	if err != nil {
		fmt.Fprintf(std.err, "lms: %v; %s --help says more\n", err, commandOf(parsed, err))
		return exitUsage
	}
	level := slog.LevelInfo
	if cli.Verbose {
		level = slog.LevelDebug
	}
	env := &environment{
		ctx: ctx, getenv: getenv, streams: std, data: cli.Data,
		log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level})),
	}
	switch err := parsed.Run(env); {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	default:
		fmt.Fprintf(std.err, "lms: %s\n", printable(inWords(err)))
		return exitFailed
	}
}

// inWords is an error in one line for whoever typed the command. What a form would show beside its fields stands behind the
// error, since there is no form here.
func inWords(err error) string {
	text := err.Error()
	f, ok := fault.As(err)
	if ok && (f.Message != "" || len(f.Fields) > 0) {
		if catalog, catalogErr := i18n.New(account.Locales, lms.Locales, component.Locales); catalogErr == nil {
			reader := catalog.For(nil, "en")
			var parts []string
			if f.Err != nil || f.Message == "" {
				parts = append(parts, text)
			}
			if f.Message != "" {
				parts = append(parts, reader.T(f.Message, f.Args...))
			}
			for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
				parts = append(parts, name+": "+reader.T(f.Fields[name]))
			}
			for i := range parts[:len(parts)-1] {
				parts[i] = strings.TrimSuffix(parts[i], ".")
			}
			text = strings.Join(parts, "; ")
		}
	}
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}

// unknownCommand returns the first argument that stands where a command is expected and names none.
func unknownCommand(args []string, at *kong.Node) string {
	for i, a := range args {
		if strings.HasPrefix(a, "-") {
			if a == "--data" { // the one flag of all commands that takes a value
				return unknownCommand(args[min(i+2, len(args)):], at)
			}
			continue
		}
		for _, c := range at.Children {
			if c.Name == a {
				return unknownCommand(args[i+1:], c)
			}
		}
		if len(at.Children) > 0 {
			return a
		}
		return ""
	}
	return ""
}

// commandOf is the command somebody meant who used it wrongly.
func commandOf(parsed *kong.Context, err error) string {
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok {
		parsed = wrong.Context
	}
	name := "lms"
	if parsed == nil {
		return name
	}
	for _, at := range parsed.Path {
		if at.Command != nil {
			name += " " + at.Command.Name
		}
	}
	return name
}

// settings resolves flags with a setting tag from LMS_ variables.
func settings(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("setting")
		if name == "" {
			return nil, nil //nolint:nilnil // kong's way to say "not set here"
		}
		if v := getenv(name); v != "" {
			return v, nil
		}
		return nil, nil //nolint:nilnil // kong's way to say "not set here"
	})
}

// printable escapes control characters, so that names made by strangers cannot play with a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '�'
		}
		return r
	}, s)
}

// Version is set by the build.
var version = "development"

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.out, "lms", version)
	return err
}

package component

import (
	"context"
	"io"
	"net/url"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/learner"
)

// Kind is one kind of block.
type Kind interface {
	// Name is the OLX tag.
	Name() string
	// Schema lists the kind's own fields, common ones not repeated.
	Schema() course.Schema
	// Facts tells what the compiled course keeps of a block; see [course.Describe].
	Facts(b *course.Block) course.Facts
	// View draws the block for a learner; ctx is the page's, with its reader. An error becomes a notice in its place; neighbors are drawn.
	View(ctx context.Context, rt *Runtime, n *course.Node) (templ.Component, error)
	// Actions are what POST .../handler/NAME can do, by NAME.
	Actions() map[string]Action
}

// Nothing is the view of a block that shows nothing at all, not even its place on the page.
var Nothing templ.Component = nothing{}

type nothing struct{}

func (nothing) Render(context.Context, io.Writer) error { return nil }

// Action answers one handler call. Access to the block has been decided, the origin checked and the body bounded before.
// Errors of package fault decide the status; the reference's odd answers are made by the action itself.
type Action func(ctx context.Context, rt *Runtime, n *course.Node, req Request) (Response, error)

// Request is what came with a handler call.
type Request struct {
	Method string     // GET or POST; an action called by GET may not write
	Suffix string     // path after the handler's name, without slashes around it
	Query  url.Values // of the address
	Form   url.Values // of a form-encoded or multipart body
	Body   []byte     // of any other body, JSON mostly
	Files  []File     // of a multipart body
	Token  string     // idempotency token made by the page, "" from old clients
}

// File is a file that came with a handler call.
type File struct {
	Field   string // of the form
	Name    string // as the browser gave it
	Content []byte
}

// Response is the answer to a handler call. The zero status is 200.
type Response struct {
	Status int
	JSON   any    // written as application/json when not nil
	Type   string // else Body is written with this content type
	Body   []byte
	Header map[string]string
}

// Framed is a kind whose blocks may need to run an author's scripts: Document returns the whole HTML page to be shown in
// a frame without any origin of ours, or ok false when the block is shown in line.
type Framed interface {
	Document(ctx context.Context, rt *Runtime, n *course.Node) (page templ.Component, ok bool, err error)
}

// Preloads is a kind whose actions begin with more than the state of the block. Preload returns what puts the queries into the round trip
// that loads who asks, before it is known whether they may; what they find goes into more, which becomes Runtime.More. It is nil where the
// action begins with the states of the block and those below, which are loaded then.
type Preloads interface {
	Preload(user learner.ID, c *course.Compiled, n *course.Node, action, suffix string, more map[string]any) (queue func(*pgx.Batch))
}

// Texts is a kind that gives text to search engines and reading lists.
type Texts interface {
	Text(n *course.Node) string
}

// DataView is a kind that gives apps its content as data (student_view_data of the blocks API).
type DataView interface {
	Data(rt *Runtime, n *course.Node) any
}

// Kinds finds kinds by tag.
type Kinds struct {
	byName  map[string]Kind
	unknown Kind
}

// NewKinds makes the registry; unknown serves every tag not listed.
func NewKinds(unknown Kind, kinds ...Kind) *Kinds {
	k := &Kinds{byName: make(map[string]Kind, len(kinds)), unknown: unknown}
	for _, kind := range kinds {
		k.byName[kind.Name()] = kind
	}
	return k
}

// Of returns the kind that serves a tag; it is never nil.
func (k *Kinds) Of(tag string) Kind {
	if kind, ok := k.byName[tag]; ok {
		return kind
	}
	return k.unknown
}

// Known reports whether a tag has a kind of its own.
func (k *Kinds) Known(tag string) bool { return k.byName[tag] != nil }

// Describe is the [course.Describe] of these kinds.
func (k *Kinds) Describe(b *course.Block) course.Facts { return k.Of(b.Type).Facts(b) }

// Schemas lists the fields of every kind by tag, for rooms that may not know components.
func (k *Kinds) Schemas() map[string]course.Schema {
	out := make(map[string]course.Schema, len(k.byName))
	for name, kind := range k.byName {
		out[name] = kind.Schema()
	}
	return out
}

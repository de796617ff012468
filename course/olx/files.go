package olx

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"lyceum/course"
)

const assetsFile = "policies/assets.json"

// readFiles lists the course files and what policies/assets.json says of each.
func (r *reader) readFiles() {
	entries := r.readAssets()
	byName := map[string]FileSource{}
	for _, dir := range []string{"static_import", "static"} {
		_ = fs.WalkDir(r.fs, dir, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && name == dir:
				return fs.SkipDir
			case err != nil:
				r.note(Defect{Kind: Unreadable, File: name, Detail: err.Error()})
				return nil //nolint:nilerr // reported as a defect
			case ignored(d.Name()) && d.IsDir():
				return fs.SkipDir
			case ignored(d.Name()) || d.IsDir():
				return nil
			}
			info, err := fs.Stat(r.fs, name) // follows a link as far as the file system lets it
			if err != nil || !info.Mode().IsRegular() {
				r.note(Defect{Kind: Unreadable, File: name, Detail: "not an ordinary file"})
				return nil //nolint:nilerr // reported as a defect
			}
			f := r.fileSource(name, strings.TrimPrefix(name, dir+"/"), info.Size(), entries)
			if twin, ok := byName[f.Name]; ok {
				r.note(Defect{Kind: DuplicateAsset, File: name, Detail: fmt.Sprintf("same normalized name %s as %s, the last one counts", f.Name, twin.ImportPath)})
			}
			byName[f.Name] = f
			return nil
		})
	}
	for _, f := range byName {
		r.files = append(r.files, f)
	}
	slices.SortFunc(r.files, func(a, b FileSource) int { return strings.Compare(a.Name, b.Name) })
}

func (r *reader) readAssets() map[string]map[string]course.Value {
	out := map[string]map[string]course.Value{}
	src, err := r.readFile(assetsFile)
	if err != nil {
		return out
	}
	v, err := r.json(assetsFile, src)
	if err != nil {
		return out
	}
	var entries map[string]course.Value
	if rawEntries(v, &entries) {
		for name, entry := range entries {
			var fields map[string]course.Value
			if rawEntries(entry, &fields) {
				out[name] = fields
			}
		}
	}
	return out
}

// derivedAssetKeys are keys of an assets.json entry that follow from the file and its place.
var derivedAssetKeys = map[string]bool{"displayname": true, "contentType": true, "locked": true, "import_path": true, "filename": true, "thumbnail_location": true}

func (r *reader) fileSource(name, rel string, size int64, entries map[string]map[string]course.Value) FileSource {
	fsys := r.fs
	f := FileSource{
		File: course.File{
			Name: course.AssetName(rel), DisplayName: path.Base(rel), ImportPath: rel, ContentType: course.ContentType(rel), Size: size,
		},
		Open: func() (io.ReadCloser, error) { return fsys.Open(name) },
	}
	entry := entries[f.Name]
	if s, ok := entry["displayname"].Text(); ok && s != "" {
		f.DisplayName = s
	}
	f.Locked, _ = entry["locked"].Bool()
	for k, v := range entry {
		if !derivedAssetKeys[k] {
			if f.Attrs == nil {
				f.Attrs = course.Fields{}
			}
			f.Attrs[k] = v
		}
	}
	return f
}

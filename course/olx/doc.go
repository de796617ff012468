// Package olx reads courses and libraries from OLX, the directory-of-XML form they travel in, and writes them back.
//
// [ReadArchive] turns a .tar.gz from a stranger into a file system without writing a single of its names to disk;
// [Read] turns any file system into two trees of course.Block, draft and published, and a [Report] of everything that
// was skipped, renamed, defaulted or not understood, by file and line; [Write] makes an archive of them again; [Inspect]
// counts what an archive holds. Nothing here touches a disk, a store or the network: files come through fs.FS, readers
// and writers the caller hands in.
//
// The one rule a newcomer would break: bodies are bytes. What an author wrote inside a problem, a video or an element
// nobody knows is cut out of the source as it stands and never parsed and written anew. That is why the package has an
// XML reader of its own that keeps byte positions (xml.go) instead of a tree that has to be serialized.
package olx

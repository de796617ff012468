// Package video is the kind of block that plays a film: from files, HLS or YouTube, with transcripts in several languages
// that can be followed, clicked and searched. The page's script plays; this package works out sources and transcripts from
// every form courses have used, answers for transcripts in the formats players and learners want, and remembers place,
// speed and language.
//
// The rule a newcomer would break: child elements of the video win over its attributes, and a video without a YouTube id
// has none: the old default id never leaks in.
package video

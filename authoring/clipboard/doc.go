// Package clipboard is what authors copy and paste with: a part of a course, taken up at one moment and put down elsewhere, in another
// course too.
//
// What is kept of a copy is a name: the block, the version of its course and the list of its files. Versions and lists never change, so
// what is pasted is what was copied, whatever became of it since, and a restart or another process makes no difference.
//
// The rule a newcomer would break: the right to author the course something is from is asked again whenever it is looked at or pasted.
// Who has left the team has nothing copied from its course.
package clipboard

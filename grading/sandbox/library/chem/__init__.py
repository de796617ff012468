"""Chemistry: equations, shapes of molecules, planes of crystals."""

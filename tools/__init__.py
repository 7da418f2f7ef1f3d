"""What developing this repository needs beside the package and its tests; nothing of it is shipped."""

"""What a team needs beside the program: tests of its own, a way in, a way on and a way out."""

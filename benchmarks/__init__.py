"""What is measured, against what. Prints ratios, asserts no times."""

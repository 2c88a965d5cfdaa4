"""What was done before neural networks: the baselines that a model has to beat on the same split."""
